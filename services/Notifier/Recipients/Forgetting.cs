using Npgsql;
using TokenSense.ServiceDefaults.Mail;

namespace TokenSense.Notifier.Recipients;

/// <summary>Erases what is kept here of people and workspaces that were deleted; that alerts were told, and when, stays.</summary>
public sealed class Forgetting(NpgsqlDataSource database, MailFolder folder)
{
    // What is on its way this moment ends by itself, and tells nobody more.
    private const string OfWorkspaces =
        """
        with gone as (select workspace_id from directory where kind = 'workspace' and body->>'deletedAt' is not null union select $1::uuid),
             targets as (delete from channel_targets t using channels c, gone g where c.id = t.channel_id and c.workspace_id = g.workspace_id)
        delete from deliveries d using gone g where d.workspace_id = g.workspace_id and d.status = 'pending' and coalesce(d.leased_until, '-infinity') <= clock_timestamp()
        """;

    /// <summary>Where a deleted workspace's channels lead, and what was still to be delivered there.</summary>
    /// <param name="workspaceId">The one just heard of; null: those known before.</param>
    /// <param name="ct">Stops it.</param>
    public async Task Workspaces(Guid? workspaceId, CancellationToken ct)
    {
        await using var forget = database.CreateCommand(OfWorkspaces);
        forget.Parameters.Add(new() { Value = (object?)workspaceId ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid });
        await forget.ExecuteNonQueryAsync(ct);
    }

    /// <summary>A person's address, wherever it is: mail channels that lead there lead nowhere now.</summary>
    public async Task Address(string address, CancellationToken ct)
    {
        await using var forget = database.CreateCommand("delete from channel_targets where lower(address) = lower($1)");
        forget.Parameters.Add(new() { Value = address });
        await forget.ExecuteNonQueryAsync(ct);
        folder.Forget(address);
    }
}

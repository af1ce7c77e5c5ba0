using Marten;
using Npgsql;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Metering.Usage;

/// <summary>Changes a kept line's row together with the event that says who did it, and tells when it was the last of its reporter.</summary>
public sealed class KeptLineChanges(NpgsqlDataSource database, IDocumentStore store, TimeProvider clock)
{
    /// <param name="access">Who.</param>
    /// <param name="kind"><c>conflict</c> or <c>rejected</c>.</param>
    /// <param name="id">Which.</param>
    /// <param name="decide">From the line as it is kept.</param>
    /// <param name="message">Why it is kept, where the decision says so anew.</param>
    /// <param name="ct">Stops it.</param>
    /// <returns>False: it is not there (any more).</returns>
    public async Task<bool> Change(
        Access access, string kind, Guid id, Func<KeptLineName, KeptLine, IEnumerable<KeptLineEvent>> decide, string? message, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await KeptAside.Lock(transaction, [access.Workspace.WorkspaceId], ct);
        if (await Find(transaction, access.Workspace.WorkspaceId, kind, id, ct) is not { } found) return false;
        var events = decide(found.Name, found.Line).ToList();
        if (events.Count == 0) return true;
        await using var session = await store.OpenSession(transaction, access.Workspace.WorkspaceId, access.Caller.Actor, access.From, ct);
        session.Events.Append(KeptLine.Stream(id), events.Cast<object>().ToArray());
        var after = events.Aggregate(found.Line, KeptLine.Evolve);
        await using (var move = Move(id, after, message, access.Caller.Actor))
        {
            (move.Connection, move.Transaction) = (connection, transaction);
            await move.ExecuteNonQueryAsync(ct);
        }
        if (after.Status != KeptLine.Kept && !await KeptAside.AnyOf(transaction, access.Workspace.WorkspaceId, kind, found.Reporter, ct))
            session.Events.Append(KeptAside.StreamOf(id), new UsageEvent.KeptCleared(access.Workspace.WorkspaceId, KeptAside.GatewayOf(found.Reporter), kind, clock.GetUtcNow()));
        await session.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    // Locked until commit: of two who deal with it at once the second sees what the first did.
    private static async Task<(KeptLineName Name, KeptLine Line, string Reporter)?> Find(NpgsqlTransaction transaction, Guid workspaceId, string kind, Guid id, CancellationToken ct)
    {
        await using var select = new NpgsqlCommand(
            "select source, line_id, code, dismissed_at is not null, reporter from kept_aside where id = $1 and workspace_id = $2 and kind = $3 for update",
            transaction.Connection, transaction)
        {
            Parameters = { new() { Value = id }, new() { Value = workspaceId }, new() { Value = kind } },
        };
        await using var reader = await select.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return null;
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        var name = new KeptLineName(id, kind, Text(0), Text(1), reader.GetString(2));
        return (name, reader.GetBoolean(3) ? KeptLine.New(name) with { Status = KeptLine.Dismissed } : KeptLine.New(name), reader.GetString(4));
    }

    private static NpgsqlCommand Move(Guid id, KeptLine line, string? message, string by) => line.Status switch
    {
        KeptLine.Dismissed => new("update kept_aside set dismissed_at = now(), dismissed_by = $2 where id = $1")
        {
            Parameters = { new() { Value = id }, new() { Value = by } },
        },
        KeptLine.Kept => new("update kept_aside set code = $2, message = $3 where id = $1")
        {
            Parameters = { new() { Value = id }, new() { Value = line.Code! }, new() { Value = message! } },
        },
        _ => new("delete from kept_aside where id = $1") { Parameters = { new() { Value = id } } },
    };
}

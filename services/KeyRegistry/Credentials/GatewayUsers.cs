using System.Threading.Channels;
using Npgsql;

namespace TokenSense.KeyRegistry.Credentials;

/// <summary>The users that gateways should have at the broker, written with their credentials' events; <see cref="BrokerUsers"/> makes it so.</summary>
public sealed class GatewayUsers(NpgsqlDataSource database, BrokerSettings settings, BrokerManagement management, ILogger<GatewayUsers> log)
{
    public const string Tables =
        """
        create table gateway_users (
            name text primary key,
            password_hash text not null,
            wanted text not null check (wanted in ('present', 'absent')),
            -- Ours at the broker, or about to be: one that is not is never touched.
            made boolean not null default false,
            -- Somebody else has it.
            taken boolean not null default false,
            changed_at timestamptz not null default now(),
            -- Null: not yet as wanted.
            applied_at timestamptz);
        create index gateway_users_due on gateway_users (changed_at) where applied_at is null;
        """;

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>To be called after commit.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    public async Task Woken(TimeSpan atMost, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        stop.CancelAfter(atMost);
        try
        {
            await _wake.Reader.ReadAsync(stop.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // In its own time, then.
        }
    }

    /// <summary>The gateway's token is its user's password.</summary>
    public static async Task Want(Change change, string gateway, string token, CancellationToken ct)
    {
        await using var known = new NpgsqlCommand("select password_hash from gateway_users where name = $1 and wanted = 'present'", change.Transaction.Connection, change.Transaction);
        known.Parameters.Add(new() { Value = gateway });
        // The setting's gateway is looked at with each start: the same token needs no other hash.
        if (await known.ExecuteScalarAsync(ct) is string hash && BrokerPassword.Opens(hash, token)) return;
        await using var want = new NpgsqlCommand(
            """
            insert into gateway_users (name, password_hash, wanted) values ($1, $2, 'present')
            on conflict (name) do update set password_hash = excluded.password_hash, wanted = 'present', taken = false, changed_at = now(), applied_at = null
            """, change.Transaction.Connection, change.Transaction);
        want.Parameters.Add(new() { Value = gateway });
        want.Parameters.Add(new() { Value = BrokerPassword.Hash(token) });
        await want.ExecuteNonQueryAsync(ct);
    }

    public static async Task Unwant(Change change, string gateway, CancellationToken ct)
    {
        await using var unwant = new NpgsqlCommand(
            "update gateway_users set wanted = 'absent', taken = false, changed_at = now(), applied_at = null where name = $1 and wanted = 'present'",
            change.Transaction.Connection, change.Transaction);
        unwant.Parameters.Add(new() { Value = gateway });
        await unwant.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The user of each of these gateways that has one; none where none are made.</summary>
    public async Task<IReadOnlyDictionary<string, BrokerUserView>> Of(IEnumerable<string> gateways, CancellationToken ct)
    {
        var found = new Dictionary<string, BrokerUserView>(StringComparer.Ordinal);
        if (!settings.MakesUsers) return found;
        await using var select = database.CreateCommand("select name, taken, applied_at is not null from gateway_users where name = any($1) and wanted = 'present'");
        select.Parameters.Add(new() { Value = gateways.ToArray() });
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            found[reader.GetString(0)] = new(settings.UserOf(reader.GetString(0)),
                reader.GetBoolean(1) ? BrokerUserView.NameTaken : reader.GetBoolean(2) ? BrokerUserView.Ready : BrokerUserView.Pending);
        return found;
    }

    /// <summary>Whether somebody who is no gateway of ours has the user that a gateway of this name would get.</summary>
    public async Task<bool> IsTaken(string gateway, CancellationToken ct)
    {
        var user = settings.UserOf(gateway);
        if (user == settings.SystemUser || user == settings.User || user == "guest") return true;
        if (!settings.MakesUsers) return false;
        await using var select = database.CreateCommand("select made from gateway_users where name = $1");
        select.Parameters.Add(new() { Value = gateway });
        if (await select.ExecuteScalarAsync(ct) is true) return false;
        try
        {
            return await management.Find(user, ct) is not null;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !ct.IsCancellationRequested))
        {
            // The credential does not wait for the broker; its user's state will tell.
            log.LogWarning("Whether the broker has a user {User} already could not be asked: {Reason}", user, e.Message);
            return false;
        }
    }
}

/// <summary>A gateway's user at the broker.</summary>
/// <param name="State"><c>pending</c>, <c>ready</c>, or <c>name_taken</c>: another has it, and it is left alone.</param>
public sealed record BrokerUserView(string Name, string State)
{
    public const string Pending = "pending";
    public const string Ready = "ready";
    public const string NameTaken = "name_taken";
}

using Npgsql;

namespace TokenSense.KeyRegistry.Credentials;

/// <summary>Makes the broker's users what <see cref="GatewayUsers"/> says: at once after a change, and looks each minute whether they still are.</summary>
/// <remarks>One process at a time, by an advisory lock of the database. Faults are retried for ever; a fault with one user does not stop at it.</remarks>
public sealed class BrokerUsers(
    NpgsqlDataSource database, GatewayUsers users, BrokerSettings settings, BrokerManagement management, TimeProvider clock, ILogger<BrokerUsers> log) : BackgroundService
{
    private const long UsersLock = 7_306_102;
    private const int DueMax = 100;
    // A change that another process wrote, and died before it told its own.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan TakeInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CompareInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RetryMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RetryMax = TimeSpan.FromSeconds(5);
    private long? _compared;

    private sealed record Row(string Gateway, string PasswordHash, bool IsWanted, bool IsMade, bool IsTaken);

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        if (!settings.MakesUsers)
        {
            log.LogInformation("RabbitMq__ManagementUrl is not set: gateways get no users at the broker");
            return;
        }
        var retry = RetryMin;
        while (!ct.IsCancellationRequested)
        {
            var pause = LookInterval;
            try
            {
                await Look(ct);
                retry = RetryMin;
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.LogWarning("The users of gateways at the broker are not yet as they should be: {Reason}", e.Message);
                (pause, retry) = (retry, retry * 2 < RetryMax ? retry * 2 : RetryMax);
            }
            await users.Woken(pause, ct);
        }
    }

    private async Task Look(CancellationToken ct)
    {
        // A session's lock and no transaction, nor a statement that waits, which is one too: either would hold up this database's relay at the next
        // gap of its sequence, for as long as the broker takes.
        await using var connection = await database.OpenConnectionAsync(ct);
        await using (var take = new NpgsqlCommand($"select pg_try_advisory_lock({UsersLock})", connection))
            while (await take.ExecuteScalarAsync(ct) is not true) await Task.Delay(TakeInterval, ct);
        try
        {
            if (_compared is not { } last || clock.GetElapsedTime(last) >= CompareInterval)
            {
                await Compare(ct);
                _compared = clock.GetTimestamp();
            }
            Exception? fault = null;
            foreach (var row in await Rows("where applied_at is null order by changed_at limit " + DueMax, ct))
            {
                try
                {
                    await Apply(row, ct);
                }
                catch (HttpRequestException e) when (e.StatusCode is not null)
                {
                    fault = e;
                }
            }
            if (fault is not null) throw fault;
        }
        finally
        {
            await using var release = new NpgsqlCommand($"select pg_advisory_unlock({UsersLock})", connection);
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    private async Task Apply(Row row, CancellationToken ct)
    {
        var user = settings.UserOf(row.Gateway);
        var known = await management.Find(user, ct);
        // The hash tells our own that a database restored from a backup no longer knows to have made.
        var isOurs = known is not null && (row.IsMade || known.PasswordHash == row.PasswordHash);
        if (known is not null && !isOurs && row.IsWanted)
        {
            if (!row.IsTaken) log.LogWarning("The broker has a user {User} that is not ours: it is left alone, and the gateway of this name has none", user);
            await Applied(row, made: false, taken: true, ct);
            return;
        }
        if (row.IsWanted)
        {
            // Before it is: dying in between must not leave one that nobody knows to be ours.
            if (known is null) await Mark("update gateway_users set made = true where name = $1", row.Gateway, ct);
            if (known?.PasswordHash != row.PasswordHash) await management.Put(user, row.PasswordHash, ct);
            await management.Permit(user, BrokerManagement.Permissions.OfGateway, ct);
            // Also where the password is right by now: who put it may have died before this.
            if (known is not null) await management.CloseConnections(user, ct);
        }
        else if (isOurs)
        {
            await management.Delete(user, ct);
            await management.CloseConnections(user, ct);
            log.LogInformation("The gateway {Gateway} has no user at the broker any more", row.Gateway);
        }
        await Applied(row, made: row.IsWanted, taken: false, ct);
    }

    // The broker may have lost them with its data, or got them back; somebody may have changed them.
    private async Task Compare(CancellationToken ct)
    {
        var rows = await Rows("where applied_at is not null", ct);
        var (known, permitted) = (await management.Users(ct), await management.AllPermissions(ct));
        bool Differs(Row row)
        {
            var user = settings.UserOf(row.Gateway);
            var hash = known.GetValueOrDefault(user)?.PasswordHash;
            return row.IsWanted
                ? row.IsTaken || hash != row.PasswordHash || permitted.GetValueOrDefault(user) != BrokerManagement.Permissions.OfGateway
                : hash == row.PasswordHash;
        }
        var different = rows.Where(Differs).Select(row => row.Gateway).ToArray();
        if (different.Length > 0) await Mark("update gateway_users set applied_at = null where name = any($1) and applied_at is not null", different, ct);
    }

    private async Task<List<Row>> Rows(string which, CancellationToken ct)
    {
        await using var select = database.CreateCommand("select name, password_hash, wanted = 'present', made, taken from gateway_users " + which);
        await using var reader = await select.ExecuteReaderAsync(ct);
        var rows = new List<Row>();
        while (await reader.ReadAsync(ct)) rows.Add(new(reader.GetString(0), reader.GetString(1), reader.GetBoolean(2), reader.GetBoolean(3), reader.GetBoolean(4)));
        return rows;
    }

    // What was wanted may have changed meanwhile: then it is not yet applied, but what was made was made.
    private async Task Applied(Row row, bool made, bool taken, CancellationToken ct)
    {
        await using var update = database.CreateCommand(
            """
            update gateway_users set made = $2, taken = $3, applied_at = case when password_hash = $4 and (wanted = 'present') = $5 then now() end
            where name = $1
            """);
        foreach (var value in (object[])[row.Gateway, made, taken, row.PasswordHash, row.IsWanted]) update.Parameters.Add(new() { Value = value });
        await update.ExecuteNonQueryAsync(ct);
    }

    private async Task Mark(string sql, object names, CancellationToken ct)
    {
        await using var update = database.CreateCommand(sql);
        update.Parameters.Add(new() { Value = names });
        await update.ExecuteNonQueryAsync(ct);
    }
}

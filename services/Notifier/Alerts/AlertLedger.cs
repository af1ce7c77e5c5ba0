using System.Text.Json;
using Marten;
using Npgsql;
using NpgsqlTypes;
using TokenSense.Notifier.Deliveries;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier.Alerts;

/// <summary>One transaction on a workspace's alerts, under its lock: appends what was decided, moves their rows and the schedule with it.</summary>
public sealed class AlertLedger : IAsyncDisposable
{
    /// <summary>PostgreSQL tells the workspace's id on this channel after each commit.</summary>
    public const string Changed = "alerts_changed";

    private readonly WorkspaceLock _lock;
    private readonly Guid _workspaceId;
    private readonly Dictionary<Guid, (Alert Alert, List<AlertEvent> Events)> _changed = [];

    private AlertLedger(WorkspaceLock taken, Guid workspaceId) => (_lock, _workspaceId) = (taken, workspaceId);

    public NpgsqlTransaction Transaction => _lock.Transaction;
    public IDocumentSession Session => _lock.Session;

    public static async Task<AlertLedger> Open(
        NpgsqlDataSource database, IDocumentStore store, Guid workspaceId, string by, string? from, CancellationToken ct) =>
        new(await WorkspaceLock.Take(database, store, workspaceId, by, from, ct), workspaceId);

    public async Task<Alert?> Load(Guid id, CancellationToken ct)
    {
        if (_changed.TryGetValue(id, out var changed)) return changed.Alert;
        await using var select = new NpgsqlCommand("select body from alerts where id = $1 and workspace_id = $2", Transaction.Connection, Transaction)
        {
            Parameters = { new() { Value = id }, new() { Value = _workspaceId } },
        };
        return await select.ExecuteScalarAsync(ct) is string body ? AlertRows.Read(body) : null;
    }

    /// <summary>What stands unresolved of one kind and scope.</summary>
    public async Task<IReadOnlyList<Alert>> Unresolved(string kind, string scope, Guid? scopeId, string? scopeName, CancellationToken ct)
    {
        await using var select = new NpgsqlCommand(
            """
            select body from alerts where workspace_id = $1 and kind = $2 and scope = $3 and status <> 'resolved'
              and scope_id is not distinct from $4 and scope_name is not distinct from $5 order by raised_at, id
            """, Transaction.Connection, Transaction)
        {
            Parameters =
            {
                new() { Value = _workspaceId }, new() { Value = kind }, new() { Value = scope },
                new() { Value = (object?)scopeId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
                new() { Value = (object?)scopeName ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };
        var found = new List<Alert>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add(AlertRows.Read(reader.GetString(0)));
        return found;
    }

    /// <returns>Whether anything happened.</returns>
    public bool Record(Alert? alert, IEnumerable<AlertEvent> decided)
    {
        var events = decided.ToList();
        if (events.Count == 0) return false;
        var after = events.Aggregate(alert, Alert.Evolve)!;
        if (_changed.TryGetValue(after.Id, out var before)) events.InsertRange(0, before.Events);
        _changed[after.Id] = (after, events);
        return true;
    }

    /// <summary>Commits.</summary>
    public async Task Save(DateTimeOffset at, CancellationToken ct)
    {
        if (_changed.Count > 0)
        {
            await using var rows = new NpgsqlBatch(Transaction.Connection, Transaction);
            foreach (var (alert, events) in _changed.Values.OrderBy(c => c.Alert.Id))
            {
                Session.Events.Append(Alert.Stream(alert.Id), alert.StreamVersion, events.Cast<object>().ToArray());
                rows.BatchCommands.Add(AlertRows.Move(alert));
                foreach (var command in DeliveryRows.Follow(alert, events, at)) rows.BatchCommands.Add(command);
            }
            rows.BatchCommands.Add(new NpgsqlBatchCommand($"select pg_notify('{Changed}', $1)") { Parameters = { new() { Value = _workspaceId.ToString() } } });
            await Session.SaveChangesAsync(ct);
            await rows.ExecuteNonQueryAsync(ct);
        }
        await Transaction.CommitAsync(ct);
    }

    public ValueTask DisposeAsync() => _lock.DisposeAsync();
}

/// <summary>The folded states, as stored.</summary>
internal static class AlertRows
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static Alert Read(string body) => JsonSerializer.Deserialize<Alert>(body, Json)!;

    public static async Task<bool> AnyOpen(NpgsqlDataSource database, Guid workspaceId, AlertSubject subject, CancellationToken ct)
    {
        await using var select = database.CreateCommand(
            """
            select exists (select from alerts where workspace_id = $1 and kind = $2 and scope = $3 and status = 'open'
              and scope_id is not distinct from $4 and scope_name is not distinct from $5)
            """);
        select.Parameters.Add(new() { Value = workspaceId });
        select.Parameters.Add(new() { Value = subject.Kind });
        select.Parameters.Add(new() { Value = subject.Scope });
        select.Parameters.Add(new() { Value = (object?)subject.ScopeId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        select.Parameters.Add(new() { Value = (object?)subject.ScopeName ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        return (bool)(await select.ExecuteScalarAsync(ct))!;
    }

    public static async Task<IReadOnlyList<Alert>> Of(NpgsqlDataSource database, Guid[] ids, CancellationToken ct)
    {
        await using var select = database.CreateCommand("select body from alerts where id = any($1)");
        select.Parameters.Add(new() { Value = ids });
        var found = new List<Alert>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add(Read(reader.GetString(0)));
        return found;
    }

    // The workspace's lock is held until commit, so changes become visible in the order of their numbers.
    public static NpgsqlBatchCommand Move(Alert alert) => new(
        """
        with next as (
            insert into alert_changes as c (workspace_id, change) values ($2, 1)
            on conflict (workspace_id) do update set change = c.change + 1 returning change)
        insert into alerts (id, workspace_id, change, status, kind, scope, scope_id, scope_name, period, threshold, version, raised_at, body)
        select $1, $2, change, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 from next
        on conflict (id) do update set change = excluded.change, status = excluded.status, body = excluded.body
        """)
    {
        Parameters =
        {
            new() { Value = alert.Id }, new() { Value = alert.WorkspaceId }, new() { Value = alert.Status },
            new() { Value = alert.Subject.Kind }, new() { Value = alert.Subject.Scope },
            new() { Value = (object?)alert.Subject.ScopeId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid },
            new() { Value = (object?)alert.Subject.ScopeName ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            new() { Value = (object?)alert.Subject.Period ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            new() { Value = (object?)alert.Subject.Threshold ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer },
            new() { Value = alert.Subject.Version }, new() { Value = alert.RaisedAt.ToUniversalTime() },
            new() { Value = JsonSerializer.Serialize(alert, Json), NpgsqlDbType = NpgsqlDbType.Jsonb },
        },
    };
}

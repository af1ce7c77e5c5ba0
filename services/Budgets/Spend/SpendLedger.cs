using System.Collections.Immutable;
using Marten;
using Npgsql;
using NpgsqlTypes;
using TokenSense.Budgets.Limits;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;

namespace TokenSense.Budgets.Spend;

/// <summary>One transaction on a workspace's spend, under its lock: loads the scopes it needs, appends what was decided, moves their state.</summary>
public sealed class SpendLedger : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly IDocumentSession _session;
    private readonly Guid _workspaceId;

    private SpendLedger(NpgsqlConnection connection, NpgsqlTransaction transaction, IDocumentSession session, Guid workspaceId) =>
        (_connection, _transaction, _session, _workspaceId) = (connection, transaction, session, workspaceId);

    public IDocumentSession Session => _session;
    public NpgsqlTransaction Transaction => _transaction;

    public static async Task<SpendLedger> Open(
        NpgsqlDataSource database, IDocumentStore store, Guid workspaceId, string by, string? from, CancellationToken ct) =>
        (await Open(database, store, workspaceId, null, by, from, ct))!;

    /// <returns>Null: this message was counted before.</returns>
    public static Task<SpendLedger?> Claim(NpgsqlDataSource database, IDocumentStore store, Guid workspaceId, Guid messageId, string by, CancellationToken ct) =>
        Open(database, store, workspaceId, messageId, by, null, ct);

    // One round trip for the lock and the claim.
    private static async Task<SpendLedger?> Open(
        NpgsqlDataSource database, IDocumentStore store, Guid workspaceId, Guid? messageId, string by, string? from, CancellationToken ct)
    {
        var connection = await database.OpenConnectionAsync(ct);
        try
        {
            var transaction = await connection.BeginTransactionAsync(ct);
            await using var enter = new NpgsqlBatch(connection, transaction)
            {
                BatchCommands = { new NpgsqlBatchCommand("select pg_advisory_xact_lock($1)") { Parameters = { new() { Value = EventStore.LockOf(workspaceId) } } } },
            };
            if (messageId is { } message)
                enter.BatchCommands.Add(new NpgsqlBatchCommand("insert into claimed_messages (message_id) values ($1) on conflict do nothing")
                {
                    Parameters = { new() { Value = message } },
                });
            await enter.ExecuteNonQueryAsync(ct);
            if (messageId is not null && enter.BatchCommands[1].RecordsAffected == 0)
            {
                await connection.DisposeAsync();
                return null;
            }
            return new SpendLedger(connection, transaction, await store.OpenSession(transaction, workspaceId, by, from, ct), workspaceId);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>The months of these streams with the scopes asked for, each under the budget that counts for it.</summary>
    /// <remarks>
    /// A month's first append carries the budget in force. A month that began early (a clock ahead of ours) follows budgets set since;
    /// a past one keeps what stood when it ended.
    /// </remarks>
    public async Task<IReadOnlyDictionary<string, OpenMonth>> Load(
        IReadOnlyCollection<WantedMonth> wanted, PeriodCalendar calendar, DateTimeOffset at, CancellationToken ct)
    {
        var (rows, budgets) = await Read(wanted, ct);
        var current = calendar.PeriodOf(at);
        var months = new Dictionary<string, OpenMonth>();
        foreach (var (stream, period, own, keyIds) in wanted)
        {
            var month = new OpenMonth(stream, period, own);
            foreach (var scope in keyIds.Select(id => new ScopeName(_workspaceId, ScopeName.Key, id)).Prepend(own))
            {
                Guid? keyId = scope == own ? null : scope.ScopeId;
                var isNew = !rows.TryGetValue((period, scope.Scope, scope.ScopeId), out var row);
                month.Hold(keyId, isNew ? ScopeSpend.None : row.Spend, row.Version);
                var isPast = string.CompareOrdinal(period, current) < 0;
                if (!budgets.TryGetValue((scope.Scope, scope.ScopeId), out var budget) || (isPast && !isNew)) continue;
                var (terms, revision) = isPast ? await BudgetAt(scope, calendar.EndsAt(period), ct) : budget;
                month.Record(MonthlySpend.Decide(new ApplyBudget(keyId, terms, revision, at), month.State));
            }
            months[stream] = month;
        }
        return months;
    }

    private async Task<(BudgetTerms? Terms, long Revision)> BudgetAt(ScopeName scope, DateTimeOffset end, CancellationToken ct)
    {
        var budget = Budget.None(scope);
        foreach (var stored in await _session.Events.FetchStreamAsync(budget.Stream, token: ct))
            if (((BudgetEvent)stored.Data).At < end) budget = Budget.Evolve(budget, (BudgetEvent)stored.Data);
        return (budget.Terms, budget.Revision);
    }

    /// <summary>Appends what the months recorded and moves the rows of the scopes that changed, with what they include of gateways' own usage. Commits.</summary>
    public async Task Save(IReadOnlyCollection<OpenMonth> months, CancellationToken ct)
    {
        await using var rows = new NpgsqlBatch(_connection, _transaction);
        foreach (var month in months.Where(m => m.Events.Count > 0).OrderBy(m => m.Stream, StringComparer.Ordinal))
        {
            _session.Events.Append(month.Stream, month.Events);
            foreach (var (keyId, version) in month.Changed())
                rows.BatchCommands.Add(MoveRow(month, keyId, version));
        }
        if (IncludedRows.Move(_workspaceId, months) is { } move) rows.BatchCommands.Add(move);
        await _session.SaveChangesAsync(ct);
        if (rows.BatchCommands.Count > 0) await rows.ExecuteNonQueryAsync(ct);
        await _transaction.CommitAsync(ct);
    }

    private NpgsqlBatchCommand MoveRow(OpenMonth month, Guid? keyId, long version)
    {
        var scope = month.ScopeOf(keyId);
        var s = month.State.Scope(keyId);
        return new NpgsqlBatchCommand(
            """
            insert into scope_spend (workspace_id, period, scope, scope_id, stream, spent_usd, budget_usd, mode, thresholds, revision, crossed, version)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            on conflict (workspace_id, period, scope, scope_id) do update set spent_usd = excluded.spent_usd, budget_usd = excluded.budget_usd,
                mode = excluded.mode, thresholds = excluded.thresholds, revision = excluded.revision, crossed = excluded.crossed, version = excluded.version
            """)
        {
            Parameters =
            {
                new() { Value = _workspaceId }, new() { Value = month.Period }, new() { Value = scope.Scope }, new() { Value = scope.ScopeId },
                new() { Value = month.Stream }, new() { Value = s.SpentUsd },
                new() { Value = (object?)s.Terms?.AmountUsd ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Numeric },
                new() { Value = (object?)s.Terms?.Mode ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = (s.Terms?.Thresholds ?? []).ToArray() }, new() { Value = s.Revision }, new() { Value = s.Crossed.ToArray() },
                new() { Value = version },
            },
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    // One round trip for both.
    private async Task<(Dictionary<(string, string, Guid), (ScopeSpend Spend, long Version)> Rows, Dictionary<(string, Guid), (BudgetTerms? Terms, long Revision)> Budgets)> Read(
        IReadOnlyCollection<WantedMonth> wanted, CancellationToken ct)
    {
        var scopeIds = wanted.SelectMany(w => w.KeyIds.Append(w.Own.ScopeId)).Distinct().ToArray();
        await using var select = new NpgsqlBatch(_connection, _transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(
                    """
                    select budget_usd, mode, thresholds, revision, scope, scope_id, period, spent_usd, crossed, version
                    from scope_spend where workspace_id = $1 and period = any($2) and scope_id = any($3)
                    """)
                {
                    Parameters = { new() { Value = _workspaceId }, new() { Value = wanted.Select(w => w.Period).Distinct().ToArray() }, new() { Value = scopeIds } },
                },
                new NpgsqlBatchCommand("select amount_usd, mode, thresholds, revision, scope, scope_id from budgets where scope_id = any($1)")
                {
                    Parameters = { new() { Value = scopeIds } },
                },
            },
        };
        var rows = new Dictionary<(string, string, Guid), (ScopeSpend, long)>();
        var budgets = new Dictionary<(string, Guid), (BudgetTerms?, long)>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            rows[(reader.GetString(6), reader.GetString(4), reader.GetGuid(5))] =
                (new ScopeSpend(reader.GetDecimal(7), Terms(reader), reader.GetInt64(3), [.. reader.GetFieldValue<int[]>(8)]), reader.GetInt64(9));
        await reader.NextResultAsync(ct);
        while (await reader.ReadAsync(ct)) budgets[(reader.GetString(4), reader.GetGuid(5))] = (Terms(reader), reader.GetInt64(3));
        return (rows, budgets);

        static BudgetTerms? Terms(NpgsqlDataReader reader) =>
            reader.IsDBNull(0) ? null : new(reader.GetDecimal(0), reader.GetString(1), [.. reader.GetFieldValue<int[]>(2)]);
    }
}

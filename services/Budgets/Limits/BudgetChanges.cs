using Marten;
using Npgsql;
using NpgsqlTypes;
using TokenSense.Budgets.Spend;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Budgets.Limits;

/// <summary>Changes a standing budget and the current month's spend with it, in one transaction under the workspace's lock.</summary>
public sealed class BudgetChanges(NpgsqlDataSource database, IDocumentStore store, TimeProvider clock)
{
    public async Task<Budget> Change(Access access, FoundScope found, Func<Budget, IEnumerable<BudgetEvent>> decide, CancellationToken ct)
    {
        var scope = found.Scope;
        await using var ledger = await SpendLedger.Open(database, store, scope.WorkspaceId, access.Caller.Actor, access.From, ct);
        var at = clock.GetUtcNow();
        var before = await Read(ledger.Transaction.Connection!, ledger.Transaction, scope, ct);
        // The month is loaded with the budget as it was, so that a fresh month still starts with what was in force.
        var calendar = new PeriodCalendar(access.Workspace.TimeZones);
        var period = calendar.PeriodOf(at);
        var stream = OpenMonth.StreamOf(found.Home, period);
        Guid? keyId = scope.Scope == ScopeName.Key ? scope.ScopeId : null;
        var month = (await ledger.Load([new WantedMonth(stream, period, found.Home, keyId is { } key ? [key] : [])], calendar, at, ct))[stream];

        var events = decide(before).ToList();
        if (events.Count == 0) return before;
        var after = events.Aggregate(before, Budget.Evolve);
        ledger.Session.Events.Append(after.Stream, before.Revision + events.Count, events.Cast<object>().ToArray());
        await using var write = new NpgsqlCommand(
            """
            insert into budgets (scope, scope_id, workspace_id, amount_usd, mode, thresholds, revision) values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (scope, scope_id) do update set amount_usd = excluded.amount_usd, mode = excluded.mode,
                thresholds = excluded.thresholds, revision = excluded.revision
            """, ledger.Transaction.Connection, ledger.Transaction)
        {
            Parameters =
            {
                new() { Value = scope.Scope }, new() { Value = scope.ScopeId }, new() { Value = scope.WorkspaceId },
                new() { Value = (object?)after.Terms?.AmountUsd ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Numeric },
                new() { Value = (object?)after.Terms?.Mode ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = (after.Terms?.Thresholds ?? []).ToArray() }, new() { Value = after.Revision },
            },
        };
        await write.ExecuteNonQueryAsync(ct);
        month.Record(MonthlySpend.Decide(new ApplyBudget(keyId, after.Terms, after.Revision, at), month.State));
        await ledger.Save([month], ct);
        return after;
    }

    public static async Task<Budget> Read(NpgsqlConnection connection, NpgsqlTransaction? transaction, ScopeName scope, CancellationToken ct)
    {
        await using var select = new NpgsqlCommand(
            "select amount_usd, mode, thresholds, revision from budgets where scope = $1 and scope_id = $2 and workspace_id = $3", connection, transaction)
        {
            Parameters = { new() { Value = scope.Scope }, new() { Value = scope.ScopeId }, new() { Value = scope.WorkspaceId } },
        };
        await using var reader = await select.ExecuteReaderAsync(ct);
        if (!await reader.ReadAsync(ct)) return Budget.None(scope);
        BudgetTerms? terms = await reader.IsDBNullAsync(0, ct) ? null : new(reader.GetDecimal(0), reader.GetString(1), [.. reader.GetFieldValue<int[]>(2)]);
        return new Budget(scope, terms, reader.GetInt64(3));
    }
}

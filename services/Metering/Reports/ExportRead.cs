using System.Data;
using System.Runtime.CompilerServices;
using Npgsql;
using TokenSense.Contracts;

namespace TokenSense.Metering.Reports;

/// <summary>What was asked for.</summary>
public sealed record ExportQuery(WorkspaceChanged Workspace, PeriodCalendar Calendar, string Period, ProjectChoice Project, string Grain);

/// <summary>What a file says of itself. Money is text with all its digits: sums may have more than a decimal holds.</summary>
/// <param name="Checksum">Of the whole period, whatever the file shows of it: see <see cref="PeriodChecksum"/>.</param>
/// <param name="TotalCostUsd">Exact, of the file's rows.</param>
/// <param name="TotalAmountUsd">The same rounded half-up to cents: what the rows' amounts sum to.</param>
public sealed record ExportHead(ExportQuery Query, string State, long Revision, string Checksum, string TotalCostUsd, string TotalAmountUsd);

/// <param name="ProjectId">Null: unassigned.</param>
/// <param name="CostUsd">Exact.</param>
/// <param name="AmountUsd">Cents, by largest remainder over the file.</param>
public sealed record ExportRow(
    Guid? ProjectId, string Project, string? ProjectSlug, bool IsArchived, Guid? KeyId, string? Key, DateOnly? Day, string Provider, string Model,
    long Requests, long InputTokens, long OutputTokens, long Unpriced, string CostUsd, string AmountUsd);

/// <summary>Reads a file's rows from the rollups. Grouping, sums and cents are made by the database, so that nothing here grows with the rows.</summary>
public sealed class ExportRead(NpgsqlDataSource database)
{
    private const int SecondsMax = 120;

    /// <summary>Head and rows of one snapshot. It ends when <paramref name="write"/> has written: that must not wait for a client.</summary>
    public async Task<ExportHead> Run(ExportQuery query, Func<ExportHead, IAsyncEnumerable<ExportRow>, Task> write, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, ct);
        var head = await Head(snapshot, query, ct);
        await write(head, Rows(snapshot, query, ct));
        await snapshot.CommitAsync(ct);
        return head;
    }

    private static async Task<ExportHead> Head(NpgsqlTransaction snapshot, ExportQuery query, CancellationToken ct)
    {
        long revision;
        string cost, amount;
        await using (var select = Command(snapshot, query,
            """
            select coalesce((select revision from usage_periods where workspace_id = $1 and period = $2), 0),
                trim_scale(total)::text, (floor(total * 100 + 0.5) * 0.01)::text
            from (select coalesce(sum(cost_usd), 0) as total from usage_days
                  where workspace_id = $1 and period = $2 and ($3::uuid is null or project_id = $3)) as rows
            """))
        await using (var reader = await select.ExecuteReaderAsync(ct))
        {
            await reader.ReadAsync(ct);
            (revision, cost, amount) = (reader.GetInt64(0), reader.GetString(1), reader.GetString(2));
        }
        var checksum = await PeriodChecksum.Of(snapshot, query.Workspace.WorkspaceId, query.Period, SecondsMax, ct);
        return new(query, Periods.State, revision, checksum, cost, amount);
    }

    /// <summary>Each row gets its whole cents; the cents that then lack to the rounded total go to the rows with the largest remainders, one each.</summary>
    private static async IAsyncEnumerable<ExportRow> Rows(NpgsqlTransaction snapshot, ExportQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        var (key, day) = (query.Grain == Grain.Key ? "key_id" : "null::uuid", query.Grain == Grain.Day ? "day" : "null::date");
        await using var select = Command(snapshot, query,
            $"""
            with lines as (
                select project_id, {key} as key_id, {day} as day, provider, model, sum(requests)::bigint as requests,
                    sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens, sum(unpriced)::bigint as unpriced,
                    sum(cost_usd) as cost, floor(sum(cost_usd) * 100) as cents
                from usage_days where workspace_id = $1 and period = $2 and ($3::uuid is null or project_id = $3)
                group by 1, 2, 3, 4, 5),
            placed as (
                select *, row_number() over (order by cost * 100 - cents desc, project_id, key_id, day, provider collate "C", model collate "C") as place,
                    floor(sum(cost) over () * 100 + 0.5) - sum(cents) over () as lacking
                from lines)
            select l.project_id, p.body->>'name', p.body->>'slug', p.body->>'archivedAt' is not null, l.key_id, k.body->>'name', l.day, l.provider, l.model,
                l.requests, l.input_tokens, l.output_tokens, l.unpriced, trim_scale(l.cost)::text,
                ((l.cents + case when l.place <= l.lacking then 1 else 0 end) * 0.01)::text
            from placed l
                left join directory p on p.kind = 'project' and p.id = l.project_id::text
                left join directory k on k.kind = 'key' and k.id = l.key_id::text
            order by l.project_id = '{Rollup.Unassigned}', p.body->>'name' collate "C", l.project_id, l.day, k.body->>'name' collate "C", l.key_id,
                l.provider collate "C", l.model collate "C"
            """);
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) yield return Read(reader);
    }

    private static ExportRow Read(NpgsqlDataReader reader)
    {
        var project = reader.GetGuid(0);
        var key = reader.IsDBNull(4) ? (Guid?)null : reader.GetGuid(4);
        // What was used is shown even where its name is still on its way here.
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        return new(
            project == Rollup.Unassigned ? null : project, project == Rollup.Unassigned ? "Unassigned" : Text(1) ?? project.ToString(), Text(2),
            !reader.IsDBNull(3) && reader.GetBoolean(3), key, key is null ? null : Text(5) ?? key.ToString(),
            reader.IsDBNull(6) ? null : reader.GetFieldValue<DateOnly>(6), reader.GetString(7), reader.GetString(8),
            reader.GetInt64(9), reader.GetInt64(10), reader.GetInt64(11), reader.GetInt64(12), reader.GetString(13), reader.GetString(14));
    }

    private static NpgsqlCommand Command(NpgsqlTransaction snapshot, ExportQuery query, string sql) => new(sql, snapshot.Connection, snapshot)
    {
        CommandTimeout = SecondsMax,
        Parameters =
        {
            new() { Value = query.Workspace.WorkspaceId },
            new() { Value = query.Period },
            new() { Value = (object?)query.Project.Id ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid },
        },
    };
}

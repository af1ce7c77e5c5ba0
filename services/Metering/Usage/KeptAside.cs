using System.Text.Json;
using Marten;
using Npgsql;
using NpgsqlTypes;
using TokenSense.ServiceDefaults;

namespace TokenSense.Metering.Usage;

/// <summary>What does not count, or not yet, is never lost: conflicts, rejected lines of the bus, usage of keys and projects not known yet.</summary>
/// <remarks>Of a line only the members that a usage has are kept, and of a provider's response what was read of it: model and usage.</remarks>
public sealed class KeptAside(NpgsqlDataSource database, IDocumentStore store)
{
    private const int KeptLengthMax = 16_384;

    private const string Insert =
        """
        insert into kept_aside (id, kind, workspace_id, reporter, source, line_id, key_ref, code, message, line, at, next_try_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) on conflict do nothing
        """;

    public async Task KeepPending(Reporter reporter, IReadOnlyList<(ReportedLine Line, LineProblem Why)> lines, DateTimeOffset at, CancellationToken ct)
    {
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        foreach (var (line, why) in lines)
        {
            var json = Render(line);
            await using var insert = new NpgsqlCommand(Insert, connection, transaction);
            Fill(insert, UsageName.Of("pending", reporter.Name, line.Source ?? "", line.Id, json), "pending", null, reporter.Name,
                line.Source, line.Id, line.KeyRef, why.Code, why.Message, json, at);
            await insert.ExecuteNonQueryAsync(ct);
        }
        await transaction.CommitAsync(ct);
    }

    /// <summary>Keeps and tells conflicts in the recorder's transaction; the same conflict again, from a repeated message, is told once.</summary>
    public async Task KeepConflicts(
        IDocumentSession session, NpgsqlTransaction transaction, Guid workspaceId, Reporter reporter, IReadOnlyList<AttributedLine> conflicts, DateTimeOffset at, CancellationToken ct)
    {
        const string message = "This source and id were reported before with other content; the first stands.";
        foreach (var conflict in conflicts)
        {
            var (line, source) = (conflict.Line, UsageRecorder.SourceOf(conflict, reporter));
            var json = Render(line);
            await using var insert = new NpgsqlCommand(Insert, transaction.Connection, transaction);
            var id = UsageName.Of("conflict", workspaceId.ToString("N"), reporter.Name, source, line.Id, json);
            Fill(insert, id, "conflict", workspaceId, reporter.Name,
                source, line.Id, line.KeyRef ?? conflict.Key.KeyId.ToString(), LineCodes.Conflict, message, json, at);
            if (await insert.ExecuteNonQueryAsync(ct) == 1)
                session.Events.Append(StreamOf(id), new UsageEvent.UsageRefused(
                    GatewayOf(reporter.Name), conflict.Index, source, line.Id, LineAnswer.Conflict, LineCodes.Conflict, message, at, workspaceId));
        }
    }

    /// <summary>Keeps and tells rejected lines; the same rejection again, from a repeated message, is told once.</summary>
    public async Task Refuse(string reporter, IReadOnlyList<(LineAnswer Answer, JsonElement Line)> rejected, DateTimeOffset at, CancellationToken ct)
    {
        if (rejected.Count == 0) return;
        await using var connection = await database.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await Lock(transaction, [.. rejected.Select(r => r.Answer.WorkspaceId).OfType<Guid>().Distinct()], ct);
        await using var session = await store.OpenSession(transaction, null, reporter, null, ct);
        foreach (var (line, json) in rejected)
        {
            await using var insert = new NpgsqlCommand(Insert, connection, transaction);
            // The whole line names it, so that two without an id are two.
            var id = UsageName.Of("rejected", reporter, line.Source ?? "", line.Id ?? "", line.Code!, json.ValueKind == JsonValueKind.Undefined ? "" : json.GetRawText());
            Fill(insert, id, "rejected", line.WorkspaceId, reporter,
                line.Source, line.Id, null, line.Code!, line.Message!, KeptMembers(json), at);
            if (await insert.ExecuteNonQueryAsync(ct) == 1)
                session.Events.Append(StreamOf(id), new UsageEvent.UsageRefused(
                    GatewayOf(reporter), line.Index, line.Source, line.Id, LineAnswer.Rejected, line.Code!, line.Message!, at, line.WorkspaceId));
        }
        await session.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
    }

    // One of its own: many are refused at once, by whoever reads, and under no lock.
    internal static string StreamOf(Guid kept) => $"refused-{kept:N}";

    // What a line may hold beside its known members, a provider's response above all, is not ours to keep; nor is what no text can hold.
    private static string? KeptMembers(JsonElement line)
    {
        if (line.ValueKind != JsonValueKind.Object) return null;
        try
        {
            var json = JsonSerializer.Serialize(LineReader.Kept(line));
            return json.Length <= KeptLengthMax && !json.Contains("\\u0000", StringComparison.Ordinal) ? json : null;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Takes the workspaces' locks, as the recorder does: whether a list is empty is asked between what comes to it and what leaves it.</summary>
    internal static async Task Lock(NpgsqlTransaction transaction, Guid[] workspaceIds, CancellationToken ct)
    {
        foreach (var key in workspaceIds.Select(EventStore.LockOf).Order())
        {
            await using var take = new NpgsqlCommand("select pg_advisory_xact_lock($1)", transaction.Connection, transaction) { Parameters = { new() { Value = key } } };
            await take.ExecuteNonQueryAsync(ct);
        }
    }

    /// <summary>Whether anything of a reporter is still listed; API keys are one reporter, as they are one item.</summary>
    internal static async Task<bool> AnyOf(NpgsqlTransaction transaction, Guid workspaceId, string kind, string reporter, CancellationToken ct)
    {
        await using var select = new NpgsqlCommand(
            """
            select exists (select from kept_aside where workspace_id = $1 and kind = $2 and dismissed_at is null
              and case when $3::text is null then reporter not like 'gateway:%' else reporter = $3 end)
            """, transaction.Connection, transaction)
        {
            Parameters =
            {
                new() { Value = workspaceId }, new() { Value = kind },
                new() { Value = GatewayOf(reporter) is null ? DBNull.Value : reporter, NpgsqlDbType = NpgsqlDbType.Text },
            },
        };
        return (bool)(await select.ExecuteScalarAsync(ct))!;
    }

    internal static string? GatewayOf(string reporter) =>
        reporter.StartsWith("gateway:", StringComparison.Ordinal) && reporter.Length > 8 ? reporter[8..] : null;

    // Metadata keys are the caller's own and stay as they were written.
    private static readonly JsonSerializerOptions AsReported = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The line in the form in which it can be taken again.</summary>
    private static string Render(ReportedLine line) => JsonSerializer.Serialize(new
    {
        line.Id, line.Source, line.Time, line.KeyId, line.KeySha256, line.Project, line.Provider, line.Model, line.ApiFlavor,
        line.Usage, line.CostUsd, line.Estimated, line.Metadata, line.LatencyMs, line.Status, line.GatewayEpoch,
    }, AsReported);

    private static void Fill(
        NpgsqlCommand insert, Guid id, string kind, Guid? workspaceId, string reporter, string? source, string? lineId, string? keyRef,
        string code, string message, string? line, DateTimeOffset at)
    {
        void Add(object? value, NpgsqlDbType type) => insert.Parameters.Add(new() { Value = value ?? DBNull.Value, NpgsqlDbType = type });
        Add(id, NpgsqlDbType.Uuid);
        Add(kind, NpgsqlDbType.Text);
        Add(workspaceId, NpgsqlDbType.Uuid);
        Add(reporter, NpgsqlDbType.Text);
        Add(source, NpgsqlDbType.Text);
        Add(lineId, NpgsqlDbType.Text);
        Add(keyRef, NpgsqlDbType.Text);
        Add(code, NpgsqlDbType.Text);
        Add(message, NpgsqlDbType.Text);
        Add(line, NpgsqlDbType.Jsonb);
        Add(at, NpgsqlDbType.TimestampTz);
    }
}

using System.Text.Json;
using Npgsql;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Metering.Usage;

/// <summary>Who reports: the credential's name in every usage's identity, so that nobody can claim another's.</summary>
/// <param name="Name"><c>gateway:{name}</c> or <c>key:{id}</c>.</param>
/// <param name="DefaultSource">Where a line names no source.</param>
/// <param name="Key">The key, where it reports for itself.</param>
/// <param name="Workspaces">Where a gateway is limited to some.</param>
public sealed record Reporter(string Name, string DefaultSource, ApiKeyChanged? Key, IReadOnlyList<Guid>? Workspaces)
{
    public static Reporter Gateway(string name, IReadOnlyList<Guid>? workspaces = null) => new($"gateway:{name}", name, null, workspaces);
}

/// <summary>What became of one line. <see cref="WorkspaceId"/> is that of the key that a rejected line names, where there is one.</summary>
public sealed record LineAnswer(
    int Index, string? Source, string? Id, string Status, string? Code = null, string? Message = null, Guid? WorkspaceId = null)
{
    public const string Accepted = "accepted";
    public const string Duplicate = "duplicate";
    public const string Conflict = "conflict";
    public const string Pending = "pending";
    public const string Rejected = "rejected";
}

/// <summary>Takes reported lines, from the bus or over HTTP: reads, attributes, records. Every line gets its own answer, once durable.</summary>
public sealed class UsageIntake(Directory directory, Calendars calendars, UsageRecorder recorder, KeptAside keptAside, NpgsqlDataSource database, TimeProvider clock, ILogger<UsageIntake> log)
{
    public const int LinesPerEventMax = 500;

    /// <param name="reporter">Who reports.</param>
    /// <param name="lines">Each a JSON object.</param>
    /// <param name="remembersRejected">On the bus nobody waits for an answer: what is rejected is kept aside and told as <c>UsageRejected</c>.</param>
    /// <param name="ct">Stops between transactions.</param>
    public async Task<LineAnswer[]> Take(Reporter reporter, IReadOnlyList<JsonElement> lines, bool remembersRejected, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var answers = new LineAnswer[lines.Count];
        var read = new List<(int Index, ReportedLine Line)>();
        var keyRefs = new string?[lines.Count];
        for (var i = 0; i < lines.Count; i++)
        {
            (var line, var problem, var id, var source, keyRefs[i]) = LineReader.Read(lines[i], now);
            if (line is not null) read.Add((i, line));
            else answers[i] = new(i, source, id, LineAnswer.Rejected, problem!.Code, problem.Message);
        }

        var keys = await FindKeys(reporter, keyRefs, ct);
        var attributed = new List<AttributedLine>();
        var pending = new List<(ReportedLine Line, LineProblem Problem)>();
        foreach (var (index, line) in read)
        {
            var (result, problem) = await Attribute(reporter, index, line, keys, ct);
            if (result is not null) attributed.Add(result);
            // A key that reports for itself is known, and its caller holds the line: it is told, and comes again.
            else if (problem!.Code is LineCodes.UnknownKey or LineCodes.UnknownProject && reporter.Key is null)
            {
                answers[index] = new(index, line.Source, line.Id, LineAnswer.Pending, problem.Code, problem.Message);
                pending.Add((line, problem));
            }
            else answers[index] = new(index, line.Source, line.Id, LineAnswer.Rejected, problem.Code, problem.Message);
        }

        if (pending.Count > 0) await keptAside.KeepPending(reporter, pending, now, ct);
        foreach (var workspace in attributed.GroupBy(a => a.Key.WorkspaceId).OrderBy(w => w.Key))
            foreach (var batch in workspace.Chunk(LinesPerEventMax))
                foreach (var answer in await Record(workspace.Key, reporter, batch, now, ct))
                    answers[answer.Index] = answer;
        for (var i = 0; i < answers.Length; i++)
            if (answers[i].Status == LineAnswer.Rejected) answers[i] = answers[i] with { WorkspaceId = WorkspaceOf(reporter, keyRefs[i], keys) };
        if (remembersRejected)
            await keptAside.Refuse(reporter.Name, [.. answers.Where(a => a.Status == LineAnswer.Rejected).Select(a => (a, lines[a.Index]))], now, ct);
        return answers;
    }

    // Nobody is shown a line that a gateway reports of a workspace that it does not serve.
    private static Guid? WorkspaceOf(Reporter reporter, string? keyRef, Dictionary<string, ApiKeyChanged> keys) =>
        reporter.Key is { } own ? own.WorkspaceId
        : keyRef is not null && keys.TryGetValue(keyRef, out var key) && reporter.Workspaces?.Contains(key.WorkspaceId) != false ? key.WorkspaceId
        : null;

    // Whatever a single line does to the recorder, the others of its batch still count: the batch is halved until the line is alone.
    private async Task<IReadOnlyList<LineAnswer>> Record(
        Guid workspaceId, Reporter reporter, ArraySegment<AttributedLine> batch, DateTimeOffset now, CancellationToken ct)
    {
        try
        {
            return await recorder.Record(workspaceId, reporter, batch, now, ct);
        }
        catch (Exception e) when (!Faults.IsInfrastructure(e) && !ct.IsCancellationRequested)
        {
            log.LogError(e, "A batch of {Lines} lines could not be recorded", batch.Count);
            if (batch.Count == 1)
                return [new(batch[0].Index, batch[0].Line.Source, batch[0].Line.Id, LineAnswer.Rejected, LineCodes.NotRecordable, "The line could not be recorded. This is a fault of ours; it has been logged.")];
            var half = batch.Count / 2;
            return [.. await Record(workspaceId, reporter, batch[..half], now, ct), .. await Record(workspaceId, reporter, batch[half..], now, ct)];
        }
    }

    private async Task<(AttributedLine? Line, LineProblem? Problem)> Attribute(
        Reporter reporter, int index, ReportedLine line, Dictionary<string, ApiKeyChanged> keys, CancellationToken ct)
    {
        ApiKeyChanged? key;
        if (reporter.Key is { } own)
        {
            key = own;
            if ((line.KeyId is { } id && id != own.KeyId) || (line.KeySha256 is { } hash && own.Secrets.All(s => s.Sha256 != hash)))
                return (null, new(LineCodes.KeyMismatch, "An API key reports usage for itself alone: leave the key members out."));
        }
        else
        {
            if (line.KeyRef is not { } reference) return (null, new(LineCodes.InvalidLine, "key_id or key_sha256 is required."));
            // A key of a workspace that this gateway does not serve is as unknown as one that does not exist.
            if (!keys.TryGetValue(reference, out key) || reporter.Workspaces?.Contains(key.WorkspaceId) == false)
                return (null, new(LineCodes.UnknownKey, "The key is not known here yet; the usage waits for it."));
            if (line.KeyId is { } id && id != key.KeyId) return (null, new(LineCodes.KeyMismatch, "key_id and key_sha256 name different keys."));
        }

        // Its months are the workspace's: without its time zone nobody can say where the usage counts.
        if (await calendars.Of(key.WorkspaceId, ct) is null)
            return reporter.Key is null
                ? (null, new(LineCodes.UnknownKey, "The key's workspace is not known here yet; the usage waits for it."))
                : throw new TimeoutException("The key's workspace is not known here yet.");
        if (line.Project is not { } named || (key.ProjectId is { } home && Guid.TryParse(named, out var namedId) && namedId == home))
            return (new(index, line, key, key.ProjectId), null);
        var project = await directory.Project(key.WorkspaceId, named, ct);
        if (project is null) return (null, new(LineCodes.UnknownProject, reporter.Key is null ? "The workspace has no such project here yet; the usage waits for it." : "The workspace has no such project."));
        return key.ProjectId is null || key.ProjectId == project.ProjectId
            ? (new(index, line, key, project.ProjectId), null)
            : (null, new(LineCodes.ProjectMismatch, "The key was made for another project."));
    }

    private async Task<Dictionary<string, ApiKeyChanged>> FindKeys(Reporter reporter, IReadOnlyList<string?> keyRefs, CancellationToken ct)
    {
        var found = new Dictionary<string, ApiKeyChanged>();
        var references = keyRefs.OfType<string>().ToHashSet();
        if (reporter.Key is not null || references.Count == 0) return found;
        await using var select = database.CreateCommand(
            """
            select h.sha256, d.body from directory_hashes h join directory d using (kind, id) where h.kind = 'key' and h.sha256 = any($1)
            union all
            select d.id, d.body from directory d where d.kind = 'key' and d.id = any($1)
            """);
        // A hash and an id are never equal, so each finds nothing in the other's place.
        select.Parameters.Add(new() { Value = references.ToArray() });
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
            found[reader.GetString(0)] = JsonSerializer.Deserialize<ApiKeyChanged>(reader.GetString(1), JsonSerializerOptions.Web)!;
        return found;
    }
}

/// <summary>A line with the key and project that it counts for.</summary>
public sealed record AttributedLine(int Index, ReportedLine Line, ApiKeyChanged Key, Guid? ProjectId);

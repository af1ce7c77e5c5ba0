using System.Text.Json.Nodes;
using JasperFx;
using Marten;
using Npgsql;
using NpgsqlTypes;

namespace TokenSense.ServiceDefaults.Audit;

/// <summary>A service's part of the log, read from its event store: nothing is kept twice, and nothing here can write.</summary>
/// <remarks>Two short statements a page, in no transaction: a relay waits for none.</remarks>
public sealed class AuditLog(NpgsqlDataSource database, IDocumentStore store, AuditCatalog catalog)
{
    private readonly Dictionary<string, Type> _types = store.Options.Events.AllKnownEventTypes().ToDictionary(t => t.EventTypeName, t => t.EventType);
    private readonly string _condition = AuditIndex.Condition(catalog);

    /// <param name="workspaceId">Null: what belongs to none.</param>
    /// <param name="query">Which changes.</param>
    /// <param name="from">The first instant.</param>
    /// <param name="to">The first instant that is too late.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<AuditPage> Read(Guid? workspaceId, AuditQuery query, DateTimeOffset? from, DateTimeOffset? to, CancellationToken ct)
    {
        var tenant = workspaceId?.ToString() ?? StorageConstants.DefaultTenantId;
        var found = await Find(tenant, workspaceId, query, from, to, ct);
        var shown = found.Take(query.Limit).ToList();
        var changes = await Fold(tenant, shown, ct);
        var names = await Names(shown.Select(s => s.By), changes.Values.Select(c => c.Subject), ct);
        var entries = shown.ConvertAll(s =>
        {
            var (subject, before, after) = changes[s.Id];
            var actor = AuditActor.Of(s.By);
            return new AuditEntry(
                s.Id, s.At, catalog[s.Type].Change.ActionIn(workspaceId), subject with { Name = subject.Name ?? names.GetValueOrDefault((subject.Type, subject.Id)) },
                actor with { Name = names.GetValueOrDefault((actor.Type, actor.Id)) }, s.From, before, after);
        });
        return new(entries, found.Count > query.Limit ? AuditCursor.Of(entries[^1]).ToString() : null);
    }

    private async Task<List<Stored>> Find(string tenant, Guid? workspaceId, AuditQuery query, DateTimeOffset? from, DateTimeOffset? to, CancellationToken ct)
    {
        await using var select = database.CreateCommand(
            $"""
            select e.id, e.timestamp, e.type, e.stream_id, e.version, e.headers->>'by', o.address
            from mt_events e left join origins o on o.id = (e.headers->>'origin')::uuid
            where e.tenant_id = $1 and e.{_condition} and e.timestamp >= $2 and e.timestamp < $3 and (e.timestamp, e.id) < ($4, $5)
                and ($6::text[] is null or e.type = any($6)) and ($7::text[] is null or e.headers->>'by' = any($7))
                and ($8::text is null or right(e.stream_id, 36) = $8)
            order by e.timestamp desc, e.id desc limit $9
            """);
        select.Parameters.Add(new() { Value = tenant });
        Time(from, DateTime.MinValue);
        Time(to, DateTime.MaxValue);
        Time(query.Cursor?.At, DateTime.MaxValue);
        select.Parameters.Add(new() { Value = query.Cursor?.Id ?? Guid.Empty });
        Texts(query.Action is { } action ? catalog.TypesOf(action, workspaceId) : null);
        Texts(query.Actor is { } actor ? AuditActor.NamesOf(actor) : null);
        select.Parameters.Add(new() { Value = (object?)query.Subject?.ToString() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        select.Parameters.Add(new() { Value = query.Limit + 1 });
        var found = new List<Stored>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        while (await reader.ReadAsync(ct))
            found.Add(new(reader.GetGuid(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3), reader.GetInt64(4), Text(5), Text(6)));
        return found;

        // PostgreSQL's -infinity and infinity.
        void Time(DateTimeOffset? time, DateTime otherwise) => select.Parameters.Add(new()
        {
            Value = time?.UtcDateTime ?? DateTime.SpecifyKind(otherwise, DateTimeKind.Utc), NpgsqlDbType = NpgsqlDbType.TimestampTz,
        });
        void Texts(string[]? texts) =>
            select.Parameters.Add(new() { Value = (object?)texts ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
    }

    // What stood before a change is what its stream had come to: each stream of the page is folded once, up to its newest entry.
    private async Task<Dictionary<Guid, (AuditSubject Subject, JsonObject? Before, JsonObject? After)>> Fold(
        string tenant, List<Stored> shown, CancellationToken ct)
    {
        var told = new Dictionary<Guid, (AuditSubject, JsonObject?, JsonObject?)>();
        if (shown.Count == 0) return told;
        var streams = shown.GroupBy(s => s.Stream).Select(s => (Name: s.Key, Version: s.Max(e => e.Version))).ToList();
        var wanted = shown.ToDictionary(s => s.Id);
        await using var select = database.CreateCommand(
            """
            select e.id, e.stream_id, e.type, e.data from unnest($2::text[], $3::bigint[]) as wanted (stream, version)
            join mt_events e on e.tenant_id = $1 and e.stream_id = wanted.stream and e.version <= wanted.version
            order by e.stream_id, e.version
            """);
        select.Parameters.Add(new() { Value = tenant });
        select.Parameters.Add(new() { Value = streams.Select(s => s.Name).ToArray() });
        select.Parameters.Add(new() { Value = streams.Select(s => s.Version).ToArray() });
        var kinds = shown.DistinctBy(s => s.Stream).ToDictionary(s => s.Stream, s => catalog[s.Type].Stream);
        var (stream, state) = ("", (object?)null);
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var happened = await store.Options.Serializer().FromJsonAsync(_types[reader.GetString(2)], reader, 3, ct);
            if (reader.GetString(1) is var name && name != stream) (stream, state) = (name, kinds[name].Begin(happened));
            var after = kinds[stream].Evolve(state, happened);
            if (wanted.ContainsKey(reader.GetGuid(0))) told[reader.GetGuid(0)] = kinds[stream].Tell(state, happened, after);
            state = after;
        }
        return told;
    }

    // Of people only those who keep them know a name; the front door asks for it.
    private async Task<Dictionary<(string Type, string Id), string>> Names(IEnumerable<string?> by, IEnumerable<AuditSubject> subjects, CancellationToken ct)
    {
        (string Kind, string Type)[] kept = [("workspace", "workspace"), ("project", "project"), ("key", "key"), ("credential", "token"), ("credential", "gateway")];
        var asked = by.Select(AuditActor.Of).Select(a => (a.Type, a.Id)).Concat(subjects.Where(s => s.Name is null).Select(s => (s.Type, s.Id)))
            .Distinct().Join(kept, a => a.Type, k => k.Type, (a, k) => (k.Kind, a.Type, a.Id)).ToList();
        var names = new Dictionary<(string, string), string>();
        if (asked.Count == 0) return names;
        await using var select = database.CreateCommand(
            """
            select wanted.type, wanted.id, d.body->>'name' from unnest($1::text[], $2::text[], $3::text[]) as wanted (kind, type, id)
            join directory d on d.kind = wanted.kind and d.id = wanted.id where d.body->>'name' is not null
            """);
        select.Parameters.Add(new() { Value = asked.Select(a => a.Kind).ToArray() });
        select.Parameters.Add(new() { Value = asked.Select(a => a.Type).ToArray() });
        select.Parameters.Add(new() { Value = asked.Select(a => a.Id).ToArray() });
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) names[(reader.GetString(0), reader.GetString(1))] = reader.GetString(2);
        return names;
    }

    private sealed record Stored(Guid Id, DateTimeOffset At, string Type, string Stream, long Version, string? By, string? From);
}

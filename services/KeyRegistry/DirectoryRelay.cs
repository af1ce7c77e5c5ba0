using System.Text.Json;
using JasperFx.Events;
using Npgsql;
using TokenSense.Contracts;
using TokenSense.KeyRegistry.Members;
using TokenSense.ServiceDefaults;

namespace TokenSense.KeyRegistry;

/// <summary>Tells everyone what changed: of each thing on a page its newest state, once.</summary>
/// <remarks>These are states with a version, not additive facts, so steps may be left out and a repeat changes nothing.</remarks>
public sealed class DirectoryRelay(NpgsqlDataSource database) : IRelayRendering
{
    /// <summary>Once, when an installation gets a service that keeps a copy and was not there from the start: everything is told again.</summary>
    public const string ToldAgain =
        """
        do $$ begin
            if to_regclass('mt_event_progression') is not null then delete from mt_event_progression where name = 'relay:All'; end if;
        end $$;
        """;

    private static readonly Dictionary<string, Type> Contracts = new()
    {
        ["workspace"] = typeof(WorkspaceChanged),
        ["project"] = typeof(ProjectChanged),
        ["key"] = typeof(ApiKeyChanged),
        ["member"] = typeof(MemberChanged),
        ["credential"] = typeof(CredentialChanged),
        ["signing-key"] = typeof(SigningKeyChanged),
        ["person"] = typeof(PersonChanged),
        ["sessions"] = typeof(SessionsEnded),
    };

    public async ValueTask<IReadOnlyList<Outgoing>> Render(IReadOnlyList<IEvent> page, CancellationToken ct)
    {
        var changed = page.GroupBy(e => e.StreamKey!)
            .Where(stream => KindOf(stream.Key) is not null)
            .Select(stream => (Row: RowOf(stream.Key), Last: stream.MaxBy(e => e.Sequence)!))
            .OrderBy(stream => stream.Last.Sequence)
            .ToList();
        var states = await Read([.. changed.Select(c => c.Row)], ct);
        return [.. changed.SelectMany(c => Told(states[c.Row], c.Last.Id)), .. page.Where(e => e.Data is InvitationEvent).Select(Invited)];
    }

    // Nobody keeps a copy of invitations: open pages read them again.
    private static Outgoing Invited(IEvent happened) => new(new WorkspaceThingChanged { WorkspaceId = Guid.Parse(happened.TenantId), Kind = "invitation" }, happened.Id);

    // Who people are is told to few; that somebody was deleted, to all.
    private static IEnumerable<Outgoing> Told(object state, Guid eventId)
    {
        yield return new(state, eventId);
        if (state is PersonChanged { Email: null } gone)
            yield return new(new PersonErased { UserId = gone.UserId, Version = 1 }, NamedId.Of(eventId, nameof(PersonErased)));
    }

    private async Task<Dictionary<(string Kind, string Id), object>> Read(IReadOnlyList<(string Kind, string Id)> rows, CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "select d.kind, d.id, d.body from unnest($1::text[], $2::text[]) as wanted (kind, id) join directory d using (kind, id)");
        command.Parameters.Add(new() { Value = rows.Select(r => r.Kind).ToArray() });
        command.Parameters.Add(new() { Value = rows.Select(r => r.Id).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new Dictionary<(string, string), object>(rows.Count);
        while (await reader.ReadAsync(ct))
        {
            var kind = reader.GetString(0);
            found[(kind, reader.GetString(1))] = JsonSerializer.Deserialize(reader.GetString(2), Contracts[kind], JsonSerializerOptions.Web)!;
        }
        return found;
    }

    // Null: nobody is told of such a stream.
    private static string? KindOf(string stream) => Contracts.Keys.SingleOrDefault(k => stream.StartsWith(k + '-', StringComparison.Ordinal));

    // Streams are named {kind}-{id}; a member's id is a pair, written with a hyphen in the stream and with a slash in the directory.
    private static (string Kind, string Id) RowOf(string stream)
    {
        const int idLength = 36;
        var kind = KindOf(stream)!;
        var id = stream[(kind.Length + 1)..];
        return (kind, id.Length > idLength ? $"{id[..idLength]}/{id[(idLength + 1)..]}" : id);
    }
}

using System.Text.Json;
using JasperFx.Events;
using Npgsql;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;

namespace TokenSense.KeyRegistry;

/// <summary>Tells everyone what changed: of each thing on a page its newest state, once.</summary>
/// <remarks>These are states with a version, not additive facts, so steps may be left out and a repeat changes nothing.</remarks>
public sealed class DirectoryRelay(NpgsqlDataSource database) : IRelayRendering
{
    private static readonly Dictionary<string, Type> Contracts = new()
    {
        ["workspace"] = typeof(WorkspaceChanged),
        ["project"] = typeof(ProjectChanged),
        ["key"] = typeof(ApiKeyChanged),
        ["member"] = typeof(MemberChanged),
        ["credential"] = typeof(CredentialChanged),
        ["signing-key"] = typeof(SigningKeyChanged),
    };

    public async ValueTask<IReadOnlyList<Outgoing>> Render(IReadOnlyList<IEvent> page, CancellationToken ct)
    {
        var changed = page.GroupBy(e => e.StreamKey!)
            .Select(stream => (Row: RowOf(stream.Key), Last: stream.MaxBy(e => e.Sequence)!))
            .OrderBy(stream => stream.Last.Sequence)
            .ToList();
        var states = await Read([.. changed.Select(c => c.Row)], ct);
        return [.. changed.Select(c => new Outgoing(states[c.Row], c.Last.Id))];
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

    // Streams are named {kind}-{id}; a member's id is a pair, written with a hyphen in the stream and with a slash in the directory.
    private static (string Kind, string Id) RowOf(string stream)
    {
        const int idLength = 36;
        var kind = Contracts.Keys.Single(k => stream.StartsWith(k + '-', StringComparison.Ordinal));
        var id = stream[(kind.Length + 1)..];
        return (kind, id.Length > idLength ? $"{id[..idLength]}/{id[(idLength + 1)..]}" : id);
    }
}

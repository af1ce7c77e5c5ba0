using MassTransit;
using Npgsql;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;

namespace TokenSense.KeyRegistry.Keys;

/// <summary>When each key was last used, as Metering tells: a row beside the key's stream, because a use is no decision about the key.</summary>
public sealed class KeyUse(NpgsqlDataSource database)
{
    public const string Tables =
        """
        create table key_last_used (
            key_id uuid primary key,
            last_used_at timestamptz not null);
        """;

    /// <summary>The latest wins, so that messages may repeat and overtake each other.</summary>
    public async Task Take(IReadOnlyList<KeyLastUsed> items, CancellationToken ct)
    {
        await using var upsert = database.CreateCommand(
            """
            insert into key_last_used as k (key_id, last_used_at)
            select key_id, max(at) from unnest($1, $2) as used (key_id, at) group by key_id order by key_id
            on conflict (key_id) do update set last_used_at = excluded.last_used_at where k.last_used_at < excluded.last_used_at
            """);
        upsert.Parameters.Add(new() { Value = items.Select(i => i.KeyId).ToArray() });
        upsert.Parameters.Add(new() { Value = items.Select(i => i.LastUsedAt.UtcDateTime).ToArray() });
        await upsert.ExecuteNonQueryAsync(ct);
    }

    public async Task<IReadOnlyDictionary<Guid, DateTimeOffset>> Of(IReadOnlyList<Guid> keys, CancellationToken ct)
    {
        await using var select = database.CreateCommand("select key_id, last_used_at from key_last_used where key_id = any($1)");
        select.Parameters.Add(new() { Value = keys.ToArray() });
        await using var reader = await select.ExecuteReaderAsync(ct);
        var found = new Dictionary<Guid, DateTimeOffset>();
        while (await reader.ReadAsync(ct)) found[reader.GetGuid(0)] = reader.GetFieldValue<DateTimeOffset>(1);
        return found;
    }

    public async Task<DateTimeOffset?> Of(Guid key, CancellationToken ct) => (await Of([key], ct)).TryGetValue(key, out var at) ? at : null;
}

public sealed class KeysUsedConsumer(KeyUse use) : IConsumer<KeysUsed>
{
    public Task Consume(ConsumeContext<KeysUsed> context) => context.WithoutLoss(ct => use.Take(context.Message.Items, ct));
}

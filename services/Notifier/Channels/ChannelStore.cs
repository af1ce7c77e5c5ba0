using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace TokenSense.Notifier.Channels;

/// <summary>Where a channel leads: secret or personal, so in no event.</summary>
/// <param name="Address">Of a mail channel; null for the built-in one, which has members.</param>
/// <param name="Secret">Signs webhooks, <c>whsec_…</c>.</param>
public sealed record ChannelTarget(string? Address, string? Url, string? Secret);

/// <summary>The channels of workspaces, and where they lead.</summary>
/// <remarks>Inside a transaction all is read on its own connection: who holds a workspace's lock must not wait for the pool.</remarks>
public sealed class ChannelStore(NpgsqlDataSource database)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Not the deleted ones; the built-in one first, whether or not anybody changed it.</summary>
    public async Task<IReadOnlyList<Channel>> All(Guid workspaceId, CancellationToken ct, NpgsqlTransaction? within = null)
    {
        await using var select = Command("select body from channels where workspace_id = $1 and not deleted order by id", within);
        select.Parameters.Add(new() { Value = workspaceId });
        var found = new List<Channel>();
        await using (var reader = await select.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct)) found.Add(Read(reader.GetString(0)));
        if (found.FirstOrDefault(c => c.BuiltIn) is { } owners) found.Remove(owners);
        else owners = await Owners(workspaceId, within, ct);
        return [owners, .. found];
    }

    /// <summary>Deleted ones too: deliveries name them.</summary>
    public async Task<Channel?> Find(Guid workspaceId, Guid id, CancellationToken ct, NpgsqlTransaction? within = null)
    {
        await using var select = Command("select body from channels where id = $1 and workspace_id = $2", within);
        select.Parameters.Add(new() { Value = id });
        select.Parameters.Add(new() { Value = workspaceId });
        if (await select.ExecuteScalarAsync(ct) is string body) return Read(body);
        return Channel.Owners(workspaceId, default).Id == id ? await Owners(workspaceId, within, ct) : null;
    }

    public async Task<ChannelTarget> TargetOf(Guid channelId, CancellationToken ct, NpgsqlTransaction? within = null) =>
        (await Targets([channelId], ct, within)).GetValueOrDefault(channelId, new(null, null, null));

    public async Task<IReadOnlyDictionary<Guid, ChannelTarget>> Targets(Guid[] channelIds, CancellationToken ct, NpgsqlTransaction? within = null)
    {
        await using var select = Command("select channel_id, address, url, secret from channel_targets where channel_id = any($1)", within);
        select.Parameters.Add(new() { Value = channelIds });
        var found = new Dictionary<Guid, ChannelTarget>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        while (await reader.ReadAsync(ct)) found[reader.GetGuid(0)] = new(Text(1), Text(2), Text(3));
        return found;
    }

    internal static async Task Write(NpgsqlTransaction transaction, Channel channel, ChannelTarget? target, CancellationToken ct)
    {
        await using var write = new NpgsqlBatch(transaction.Connection, transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(
                    """
                    insert into channels (id, workspace_id, deleted, body) values ($1, $2, $3, $4)
                    on conflict (id) do update set deleted = excluded.deleted, body = excluded.body
                    """)
                {
                    Parameters =
                    {
                        new() { Value = channel.Id }, new() { Value = channel.WorkspaceId }, new() { Value = channel.Deleted },
                        new() { Value = JsonSerializer.Serialize(channel, Json), NpgsqlDbType = NpgsqlDbType.Jsonb },
                    },
                },
            },
        };
        if (channel.Deleted)
        {
            write.BatchCommands.Add(new NpgsqlBatchCommand("delete from channel_targets where channel_id = $1") { Parameters = { new() { Value = channel.Id } } });
        }
        else if (target is not null)
        {
            NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
            write.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                insert into channel_targets (channel_id, address, url, secret) values ($1, $2, $3, $4)
                on conflict (channel_id) do update set address = excluded.address, url = excluded.url, secret = excluded.secret
                """)
            {
                Parameters = { new() { Value = channel.Id }, Text(target.Address), Text(target.Url), Text(target.Secret) },
            });
        }
        await write.ExecuteNonQueryAsync(ct);
    }

    private async Task<Channel> Owners(Guid workspaceId, NpgsqlTransaction? within, CancellationToken ct)
    {
        await using var select = Command("select (body->>'createdAt')::timestamptz from directory where kind = 'workspace' and workspace_id = $1", within);
        select.Parameters.Add(new() { Value = workspaceId });
        return Channel.Owners(workspaceId, await select.ExecuteScalarAsync(ct) is DateTime made ? new DateTimeOffset(made, TimeSpan.Zero) : default);
    }

    private NpgsqlCommand Command(string sql, NpgsqlTransaction? within) =>
        within is null ? database.CreateCommand(sql) : new NpgsqlCommand(sql, within.Connection, within);

    private static Channel Read(string body) => JsonSerializer.Deserialize<Channel>(body, Json)!;
}

using Npgsql;

namespace TokenSense.ServiceDefaults;

/// <summary>The network addresses that changes came from: events hold the id of a row here, which goes when the person goes.</summary>
public static class Origins
{
    internal const string Tables =
        """
        create table origins (
            id uuid primary key default gen_random_uuid(),
            actor text not null,
            address text not null,
            unique (actor, address));
        """;

    internal const string Erase = "delete from origins where actor = $1";

    /// <returns>Null: the actor is a person who was deleted.</returns>
    internal static async Task<Guid?> Of(string actor, string address, NpgsqlTransaction transaction, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(
            """
            with known as (select id from origins where actor = $1 and address = $2),
                 made as (insert into origins (actor, address) select $1, $2 where not exists (select from known)
                          and not exists (select from directory where kind = 'erased' and id = substr($1, 6) and starts_with($1, 'user:'))
                          on conflict (actor, address) do update set address = excluded.address returning id)
            select id from known union all select id from made
            """, transaction.Connection, transaction)
        {
            Parameters = { new() { Value = actor }, new() { Value = address } },
        };
        return (Guid?)await command.ExecuteScalarAsync(ct);
    }
}

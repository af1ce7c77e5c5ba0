using Npgsql;

namespace TokenSense.Notifier.Recipients;

/// <summary>Where the installation's operator looks: what is everybody's trouble is told there, once, and not in every workspace.</summary>
public sealed class Operators(NpgsqlDataSource database)
{
    /// <summary>The oldest workspace of which an operator is an owner; null: none is known here yet.</summary>
    public async Task<Guid?> Workspace(CancellationToken ct)
    {
        await using var select = database.CreateCommand(
            """
            select w.workspace_id from directory p
            join directory m on m.kind = 'member' and split_part(m.id, '/', 2) = p.id and m.body->>'role' = 'owner'
            join directory w on w.kind = 'workspace' and w.workspace_id = m.workspace_id and w.body->>'deletedAt' is null
            where p.kind = 'person' and (p.body->>'isOperator')::bool order by w.body->>'createdAt', w.id limit 1
            """);
        return (Guid?)await select.ExecuteScalarAsync(ct);
    }
}

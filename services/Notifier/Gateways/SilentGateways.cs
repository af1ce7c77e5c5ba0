using Npgsql;
using TokenSense.Contracts;
using TokenSense.Notifier.Recipients;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Notifier.Gateways;

/// <summary>Where a silent gateway is told of: in the workspaces that it is limited to; one for all workspaces is the operator's.</summary>
public sealed class SilentGateways(NpgsqlDataSource database, Directory directory, Operators operators)
{
    public async Task<IReadOnlyList<Guid>> PlacesOf(string gateway, CancellationToken ct)
    {
        if (await directory.Gateway(gateway, ct) is { Workspaces: { } limited }) return limited;
        return await operators.Workspace(ct) is { } workspaceId ? [workspaceId] : [];
    }

    /// <summary>The workspaces in which it stands as silent.</summary>
    public async Task<IReadOnlyList<Guid>> ToldIn(string gateway, CancellationToken ct)
    {
        await using var select = database.CreateCommand(
            "select distinct workspace_id from alerts where kind = $1 and scope = 'gateway' and scope_name = $2 and status <> 'resolved'");
        select.Parameters.Add(new() { Value = AlertKind.GatewaySilent });
        select.Parameters.Add(new() { Value = gateway });
        var found = new List<Guid>();
        await using var reader = await select.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct)) found.Add(reader.GetGuid(0));
        return found;
    }
}

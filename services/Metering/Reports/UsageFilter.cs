using Npgsql;
using NpgsqlTypes;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Metering.Reports;

/// <summary><c>?project=&amp;key=&amp;model=</c> of a usage report; null: all of them.</summary>
internal sealed record UsageFilter(Guid? ProjectId, Guid? KeyId, string? Model, IReadOnlyDictionary<string, string[]> Errors)
{
    /// <returns>Null: the workspace has no such project.</returns>
    public static async Task<UsageFilter?> Of(Access access, Directory directory, Authentication arrival, string? project, string? key, string? model, CancellationToken ct)
    {
        if (await ProjectChoice.Of(project, access.Workspace.WorkspaceId, directory, arrival, ct) is not { } choice) return null;
        var errors = new Dictionary<string, string[]>();
        Guid? keyId = null;
        if (Guid.TryParse(key, out var id)) keyId = id;
        else if (!string.IsNullOrEmpty(key)) errors["key"] = ["must be the id of a key"];
        return new(choice.Id, keyId, string.IsNullOrEmpty(model) ? null : model, errors);
    }

    /// <summary>Adds project, key and model, in this order.</summary>
    public void Fill(NpgsqlParameterCollection parameters)
    {
        parameters.Add(new() { Value = (object?)ProjectId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        parameters.Add(new() { Value = (object?)KeyId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        parameters.Add(new() { Value = (object?)Model ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
    }
}

using System.Text.Json.Nodes;
using Npgsql;
using TokenSense.EndToEnd.Running;

namespace TokenSense.EndToEnd.Gateway;

/// <summary>What Metering recorded of a gateway's calls, line by line, from the stored events.</summary>
public sealed record Recorded(string Id, string Model, long Input, long Output, decimal? CostUsd, bool Estimated, JsonNode Line)
{
    public static async Task<IReadOnlyList<Recorded>> Lines(Workspace workspace)
    {
        await using var database = workspace.Stack.Database("metering");
        await using var select = database.CreateCommand(
            "select line::text from mt_events, jsonb_array_elements(data->'lines') line where type = 'usage-recorded' and data->>'workspaceId' = $1 order by seq_id");
        select.Parameters.Add(new NpgsqlParameter { Value = workspace.Id.ToString() });
        var lines = new List<Recorded>();
        await using var reader = await select.ExecuteReaderAsync();
        while (await reader.ReadAsync()) lines.Add(Read(JsonNode.Parse(reader.GetString(0))!));
        return lines;
    }

    /// <summary>At least so many; an id that is there twice is a failure at once.</summary>
    public static Task<IReadOnlyList<Recorded>> Until(Workspace workspace, int count, int secondsMax = 30) =>
        Running.Until.Seen(() => Lines(workspace), lines => lines.Count >= count, $"{count} recorded lines", secondsMax);

    private static Recorded Read(JsonNode line) => new(
        (string)line["id"]!, (string)line["model"]!, Count(line, "inputTokens"), Count(line, "outputTokens"),
        line["costUsd"] is { } cost ? GatewayClient.Money(cost) : null, (bool?)line["estimated"] ?? false, line);

    private static long Count(JsonNode line, string name) => (long?)line["usage"]?[name] ?? 0;
}

namespace TokenSense.Tools.Audit;

/// <summary>The workspaces that the owner is a member of: of others the API tells nothing.</summary>
public static class OwnWorkspaces
{
    private const int PagesMax = 10_000;

    public static async Task<IReadOnlySet<Guid>> All(ConsoleApi api, CancellationToken ct)
    {
        var mine = new HashSet<Guid>();
        var cursor = "";
        for (var page = 0; page < PagesMax; page++)
        {
            var answer = await api.Get($"workspaces?limit=200{cursor}", ct);
            mine.UnionWith(answer.GetProperty("data").EnumerateArray().Select(w => w.GetProperty("id").GetGuid()));
            if (answer.GetProperty("next_cursor").GetString() is not { } next) break;
            cursor = $"&cursor={next}";
        }
        return mine;
    }
}

using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>Open alerts as things to do: of one budget the highest threshold says it all, and stands for the lower ones.</summary>
public static class OpenItems
{
    public static IReadOnlyList<AlertModel> Widest(IReadOnlyList<AlertModel> open) => [.. open.Where(a => !open.Any(o => StandsFor(o, a)))];

    /// <summary>The item itself, after those that it stands for: else they would come up as if they were new.</summary>
    public static IReadOnlyList<AlertModel> DismissedWith(AlertModel item, IReadOnlyList<AlertModel> open) =>
        [.. open.Where(a => StandsFor(item, a)).OrderBy(a => a.Threshold), item];

    private static bool StandsFor(AlertModel higher, AlertModel lower) =>
        higher.Threshold > lower.Threshold && (higher.Kind, higher.Scope, higher.ScopeId, higher.Period) == (lower.Kind, lower.Scope, lower.ScopeId, lower.Period);
}

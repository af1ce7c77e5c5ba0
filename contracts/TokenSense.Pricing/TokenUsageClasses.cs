using System.Collections.Frozen;

namespace TokenSense.Pricing;

public sealed partial record TokenUsage
{
    private static readonly FrozenSet<string> Keys =
        UsageUnits.ByKey.Where(u => u.Value.Index != (int)UsageClass.Requests).Select(u => u.Key).ToFrozenSet();

    /// <summary>Whether a class has this key, in snake_case or camelCase.</summary>
    public static bool IsClass(string key) => Keys.Contains(key);

    /// <summary>The classes that were used, by camelCase key; input and output tokens always.</summary>
    public IReadOnlyDictionary<string, long> ByClass() =>
        UsageUnits.Reported
            .Where(u => counts[u.Index] != 0 || u.Index is (int)UsageClass.InputTokens or (int)UsageClass.OutputTokens)
            .ToDictionary(u => u.CamelKey, u => counts[u.Index]);
}

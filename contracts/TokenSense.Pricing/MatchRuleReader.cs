using System.Text.Json;
using System.Text.RegularExpressions;

namespace TokenSense.Pricing;

internal static class MatchRuleReader
{
    public static MatchRule Rule(JsonElement json, string place)
    {
        foreach (var rule in json.EnumerateObject())
            switch (rule.Name)
            {
                case "equals": return new MatchRule.EqualTo(rule.Value.GetString()!);
                case "starts_with": return new MatchRule.StartsWith(rule.Value.GetString()!);
                case "ends_with": return new MatchRule.EndsWith(rule.Value.GetString()!);
                case "contains": return new MatchRule.Containing(rule.Value.GetString()!);
                case "regex": return new MatchRule.Like(Pattern(rule.Value.GetString()!, place));
                case "or": return new MatchRule.AnyOf([.. rule.Value.EnumerateArray().Select(r => Rule(r, place))]);
                case "and": return new MatchRule.AllOf([.. rule.Value.EnumerateArray().Select(r => Rule(r, place))]);
            }
        throw new FormatException($"Price book: {place}: {json.GetRawText()} is no match rule.");
    }

    public static Regex Pattern(string pattern, string place)
    {
        try
        {
            return MatchRule.Pattern(pattern);
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"Price book: {place}: the pattern {pattern} is not valid.", e);
        }
    }
}

using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace TokenSense.Pricing;

// A rule of the book's schema. Text is compared without case; a regex sees the text as it is and case counts, as in genai-prices.
internal abstract record MatchRule
{
    // A name is short and a sane pattern takes microseconds: a pattern that runs longer matches nothing.
    private static readonly TimeSpan PatternTimeout = TimeSpan.FromMilliseconds(50);

    public abstract bool Matches(string text);

    public static Regex Pattern(string pattern) => new(pattern, RegexOptions.ECMAScript, PatternTimeout);

    public static bool IsMatch(Regex pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    public sealed record EqualTo(string Text) : MatchRule
    {
        public override bool Matches(string text) => text.Equals(Text, StringComparison.OrdinalIgnoreCase);
    }

    public sealed record StartsWith(string Text) : MatchRule
    {
        public override bool Matches(string text) => text.StartsWith(Text, StringComparison.OrdinalIgnoreCase);
    }

    public sealed record EndsWith(string Text) : MatchRule
    {
        public override bool Matches(string text) => text.EndsWith(Text, StringComparison.OrdinalIgnoreCase);
    }

    public sealed record Containing(string Text) : MatchRule
    {
        public override bool Matches(string text) => text.Contains(Text, StringComparison.OrdinalIgnoreCase);
    }

    public sealed record Like(Regex Regex) : MatchRule
    {
        public override bool Matches(string text) => IsMatch(Regex, text);
    }

    // Of a model that stands for one of the book: its own name, and every other by which the book finds that one.
    public sealed record InPlaceOf(string Id, Func<string, bool> Found) : MatchRule
    {
        public override bool Matches(string text) => text.Equals(Id, StringComparison.OrdinalIgnoreCase) || Found(text);
    }

    public sealed record AnyOf(ImmutableArray<MatchRule> Rules) : MatchRule
    {
        public override bool Matches(string text) => Rules.Any(r => r.Matches(text));
    }

    public sealed record AllOf(ImmutableArray<MatchRule> Rules) : MatchRule
    {
        public override bool Matches(string text) => Rules.All(r => r.Matches(text));
    }
}

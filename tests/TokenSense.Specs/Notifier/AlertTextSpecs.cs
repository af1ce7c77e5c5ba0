using Shouldly;
using TokenSense.Contracts;
using TokenSense.Notifier.Channels;
using Xunit;
using static TokenSense.Specs.Notifier.Notices;

namespace TokenSense.Specs.Notifier;

/// <summary>Mail says what happened, for whom, how much, since when, what is blocked, until when, and what to do.</summary>
public sealed class AlertTextSpecs
{
    [Fact]
    public void A_used_up_budget_says_all_of_it()
    {
        var text = AlertText.Of(Of(Reached(100)));
        text.Subject.ShouldBe("[Acme] Project “Client A” has used 100 % of its budget: requests are blocked");
        text.Plain.ShouldBe(
            """
            Project “Client A” has used 100 % of its budget: requests are blocked

            Project “Client A” of workspace “Acme” has used 100 % of its budget in
            November 2026: $5.080075 of $5.08 (100.0 %).

            Requests with this project's keys get HTTP 402 until 1 December 2026, 00:00
            UTC+01:00 (Europe/Berlin), or until the budget is raised.

            Spent          $5.080075 of $5.08 (100.0 %)
            Project        Client A
            Workspace      Acme
            Month          November 2026
            100 % reached  23 November 2026, 13:05:09 UTC+01:00 (Europe/Berlin), at
                           $5.080075, by usage req-1 from my-gateway
            Next month     begins 1 December 2026, 00:00 UTC+01:00 (Europe/Berlin)

            Raise the budget, which lets requests through at once, wait for the next
            month, or look at what was used.

            This alert     https://console.example.com/w/acme/alerts/01000000-0000-7000-8000-000000000002
            Budget         https://console.example.com/w/acme/settings/projects
            Usage          https://console.example.com/w/acme/usage

            --·
            TokenSense, https://console.example.com/w/acme

            """.ReplaceLineEndings("\n").Replace("·", " "));
    }

    [Fact]
    public void A_warning_says_that_nothing_is_blocked_yet()
    {
        var text = AlertText.Of(Of(Reached(80, spent: 4.1m)));
        text.Subject.ShouldBe("[Acme] Project “Client A” has used 80 % of its budget");
        Unwrapped(text.Plain).ShouldContain("$4.10 of $5.08 (80.7 %)");
        Unwrapped(text.Plain).ShouldContain("Nothing is blocked yet. At 100 %, requests with this project's keys get HTTP 402.");
    }

    [Fact]
    public void Both_thresholds_are_one_message_that_says_when_each_was_reached_and_at_what()
    {
        var text = AlertText.Of(Of(Reached(100), Reached(80, spent: 4.1m, by: new("my-gateway", "req-0"), id: OtherAlertId)));
        text.Subject.ShouldBe("[Acme] Project “Client A” has used 80 % and 100 % of its budget: requests are blocked");
        Unwrapped(text.Plain).ShouldContain("100 % reached 23 November 2026, 13:05:09 UTC+01:00 (Europe/Berlin), at $5.080075, by usage req-1 from my-gateway");
        Unwrapped(text.Plain).ShouldContain("80 % reached 23 November 2026, 13:05:09 UTC+01:00 (Europe/Berlin), at $4.10, by usage req-0 from my-gateway");
    }

    [Theory]
    [InlineData("block", true)]
    [InlineData("strict", true)]
    [InlineData("alert", false)]
    public void Only_a_budget_that_blocks_says_402(string mode, bool blocks)
    {
        var text = AlertText.Of(Of(Reached(100, mode: mode)));
        text.Subject.Contains("blocked").ShouldBe(blocks);
        text.Plain.Contains("HTTP 402").ShouldBe(blocks);
        text.Plain.Contains("Nothing is blocked: this budget only tells.").ShouldBe(!blocks);
    }

    [Fact]
    public void A_budget_of_nothing_has_no_percent()
    {
        var text = AlertText.Of(Of(Reached(100, spent: 0, budget: 0) with { CrossedBy = null }));
        text.Subject.ShouldBe("[Acme] Project “Client A” has a budget of 0: requests are blocked");
        Unwrapped(text.Plain).ShouldContain("has a budget of 0 in November 2026: $0.00 of $0.00.");
        Unwrapped(text.Plain).ShouldContain("at $0.00, by a change of the budget");
        text.Plain.ShouldNotContain("0.0 %");
    }

    [Theory]
    [InlineData("workspace", "Workspace “Acme” has used 100 % of its budget: requests are blocked", "Requests with any key of this workspace", "/settings/general")]
    [InlineData("project", "[Acme] Project “Acme” has used", "Requests with this project's keys", "/settings/projects")]
    [InlineData("key", "[Acme] Key “Acme” has used", "Requests with this key", "/settings/keys")]
    public void Each_level_says_whose_requests_are_blocked_and_where_its_budget_is(string scope, string subject, string who, string page)
    {
        var text = AlertText.Of(Of(Reached(100, scope: scope, name: "Acme")));
        text.Subject.ShouldStartWith(subject);
        text.Plain.ShouldContain(who);
        text.Plain.ShouldContain($"https://console.example.com/w/acme{page}\n");
    }

    [Theory]
    [InlineData("5.0799", "5.08", "$5.0799 of $5.08 (99.9 %)")]
    [InlineData("1234567.000000000001", "1000", "$1,234,567.000000000001 of $1,000.00 (123,456.7 %)")]
    [InlineData("999999999999.123456789012", "999999999999", "$999,999,999,999.123456789012 of $999,999,999,999.00 (100.0 %)")]
    [InlineData("-1.5", "10", "-$1.50 of $10.00 (-15.0 %)")]
    public void Money_has_all_its_digits_and_no_percent_says_more_than_is_reached(string spent, string budget, string shown) =>
        Shown.Spent(decimal.Parse(spent), decimal.Parse(budget)).ShouldBe(shown);

    [Theory]
    [InlineData("2026-07-01T10:00:00Z", "Europe/Berlin", "1 July 2026, 12:00 UTC+02:00 (Europe/Berlin)")]
    [InlineData("2026-07-01T10:00:01Z", "America/St_Johns", "1 July 2026, 07:30:01 UTC-02:30 (America/St_Johns)")]
    [InlineData("2026-07-01T10:00:00Z", "UTC", "1 July 2026, 10:00 UTC")]
    [InlineData("2026-01-01T10:00:00Z", "Europe/London", "1 January 2026, 10:00 UTC (Europe/London)")]
    public void Times_are_the_workspaces_with_their_offset(string at, string zone, string shown) =>
        Shown.Time(DateTimeOffset.Parse(at), TimeZoneInfo.FindSystemTimeZoneById(zone)).ShouldBe(shown);

    [Theory]
    [InlineData(AlertKind.UnpricedModel, "model", "[Acme] Model “x” has no price", "It counts in no spend and no budget yet.")]
    [InlineData(AlertKind.UsageConflict, "gateway", "[Acme] The same usage was reported twice with different content: gateway “x”", "The first one counts, the second is kept aside.")]
    [InlineData(AlertKind.UsageRejected, "gateway", "[Acme] Reported usage could not be counted: gateway “x”", "It is in no spend.")]
    [InlineData(AlertKind.ChannelFailing, "channel", "[Acme] Alerts do not reach the channel “x”", "send it a test")]
    [InlineData(AlertKind.GatewaySilent, "gateway", "[Acme] Gateway “x” is silent", "Look whether it runs")]
    [InlineData(AlertKind.Test, "channel", "[Acme] Test of the channel “x”", "Nothing happened, and nothing is blocked.")]
    public void Every_other_kind_has_words_of_its_own_and_its_detail(string kind, string scope, string subject, string says)
    {
        var text = AlertText.Of(Of(Other(kind, scope, "x", detail: "HTTP 404")));
        text.Subject.ShouldBe(subject);
        Unwrapped(text.Plain).ShouldContain(says);
        Unwrapped(text.Plain).ShouldContain("Detail HTTP 404");
        text.Html.ShouldContain("HTTP 404");
        text.Plain.ShouldContain(kind == AlertKind.Test ? "/w/acme/settings/channels" : $"/w/acme/alerts/{AlertId}");
    }

    [Fact]
    public void Every_kind_of_the_contract_has_words() =>
        typeof(AlertKind).GetFields().Select(f => (string)f.GetValue(null)!)
            .ShouldAllBe(kind => AlertText.Of(Of(kind == AlertKind.BudgetThreshold ? Reached(80) : Other(kind))).Subject.Length > 0);

    [Fact]
    public void A_subject_stays_one_short_line_whatever_names_hold()
    {
        var name = "a\r\nBcc: everybody@example.com\u2028\u0085\0" + new string('x', 500);
        var text = AlertText.Of(InWorkspace(name, Reached(100, name: name)));
        text.Subject.Any(char.IsControl).ShouldBeFalse();
        text.Subject.ShouldNotContain("\u2028");
        text.Subject.Length.ShouldBeLessThanOrEqualTo(170);
        text.Plain.Split('\n').ShouldNotContain(line => line.StartsWith("Bcc:"));
    }

    [Fact]
    public void Names_are_text_in_html_and_nothing_is_loaded()
    {
        const string name = "<script>alert(1)</script><img src=//x>\"'&";
        var text = AlertText.Of(InWorkspace(name, Reached(100, name: name, by: new(name, name)), Other(AlertKind.UsageRejected, detail: name)));
        text.Html.ShouldContain("&lt;script&gt;alert(1)&lt;/script&gt;");
        text.Html.ShouldNotContain("<script");
        text.Html.ShouldNotContain("<img");
        text.Html.ShouldNotContain("src=\"");
        text.Html.ShouldNotContain("url(");
    }

    [Fact]
    public void Emoji_stay_whole_where_a_name_is_cut()
    {
        var family = "👩‍👩‍👧‍👦";
        Shown.Line(string.Concat(Enumerable.Repeat(family, 70))).ShouldBe(string.Concat(Enumerable.Repeat(family, 59)) + "…");
    }

    [Fact]
    public void A_name_turns_no_text_around_it()
    {
        Shown.Line("a\u202Eb\u2066c\u200Fd").ShouldBe("abcd");
        Shown.Line("לקוח א").ShouldBe("\u2068לקוח א\u2069");
    }

    [Fact]
    public void Half_a_character_is_replaced() => Shown.Line("a\ud800b").ShouldBe("a\ufffdb");

    private static string Unwrapped(string plain) => string.Join(' ', plain.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
}

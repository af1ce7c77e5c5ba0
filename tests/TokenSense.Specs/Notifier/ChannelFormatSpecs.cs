using System.Text;
using System.Text.Json.Nodes;
using MimeKit;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.Notifier.Channels;
using Xunit;
using static TokenSense.Specs.Notifier.Notices;

namespace TokenSense.Specs.Notifier;

/// <summary>What goes over the wire, beside the words.</summary>
public sealed class ChannelFormatSpecs
{
    private static readonly MailboxAddress From = MailboxAddress.Parse("TokenSense <alerts@example.com>");
    private static readonly MailboxAddress To = MailboxAddress.Parse("owner@example.org");
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 5, 10, TimeSpan.Zero);

    [Fact]
    public void A_webhook_is_a_cloud_event_whose_data_is_the_alert_with_exact_numbers()
    {
        var sent = Json(WebhookEvent.Of(Of(Reached(100, spent: 5.0800750m), Reached(80, spent: 4.1m, id: OtherAlertId))));
        var data = sent["data"]!.AsObject();
        sent.AsObject().Where(m => m.Key != "data").Select(m => $"{m.Key}: {m.Value}").ShouldBe(
        [
            "specversion: 1.0", $"id: {MessageId}", $"source: /workspaces/{WorkspaceId}", "type: tokensense.alert.raised.v1", "time: 2026-11-23T12:05:09Z",
            $"subject: project/{ProjectId}", "datacontenttype: application/json",
        ]);
        data.Where(m => m.Key is not ("also" or "detail" or "advice" or "text" or "workspace")).Select(m => $"{m.Key}: {m.Value?.ToJsonString()}").ShouldBe(
        [
            $"id: \"{AlertId}\"", "kind: \"budget_threshold\"",
            """title: "Project \u201CClient A\u201D has used 80 % and 100 % of its budget: requests are blocked" """.TrimEnd(),
            "reason: ", "threshold: 100", "scope: \"project\"", $"scope_id: \"{ProjectId}\"", "scope_name: \"Client A\"",
            "mode: \"block\"", "period: \"2026-11\"", "spent_usd: 5.0800750", "budget_usd: 5.08", "crossed_at: \"2026-11-23T12:05:09Z\"",
            """crossed_by: {"source":"my-gateway","id":"req-1"}""", "resets_at: \"2026-11-30T23:00:00Z\"", "resolved_at: ",
            $"link: \"https://console.example.com/w/acme/alerts/{AlertId}\"",
        ]);
        var also = data["also"]!.AsArray().ShouldHaveSingleItem()!;
        ((Guid)also["id"]!, (int)also["threshold"]!, also["spent_usd"]!.ToJsonString()).ShouldBe((OtherAlertId, 80, "4.1"));
        ((string)data["detail"]!).ShouldContain("get HTTP 402 until 1 December 2026");
        ((string)data["text"]!).ShouldBe($"{data["detail"]} {data["advice"]}");
        ((string)also["title"]!).ShouldContain("has used 80 %");
        ((string?)also["advice"]).ShouldNotBeNullOrEmpty();
        ((string?)data["workspace"]!["slug"]).ShouldBe("acme");
    }

    [Fact]
    public void What_was_wrong_with_a_line_is_the_reason_beside_the_sentences()
    {
        var data = Json(WebhookEvent.Of(Of(Other(AlertKind.UsageRejected, detail: "INVALID_LINE: time is required."))))["data"]!;
        ((string)data["reason"]!).ShouldBe("INVALID_LINE: time is required.");
        ((string)data["detail"]!).ShouldBe("Usage that was reported for gateway “edge-1” could not be counted. It is in no spend. Nothing is blocked.");
        ((string)data["advice"]!).ShouldStartWith("Look at what was wrong");
    }

    [Fact]
    public void A_test_is_an_event_of_its_own_type() =>
        ((string?)Json(WebhookEvent.Of(Of(Other(AlertKind.Test, "channel"))))["type"]).ShouldBe("tokensense.alert.test.v1");

    [Fact]
    public void What_has_no_id_is_named_in_the_subject() =>
        ((string?)Json(WebhookEvent.Of(Of(Other(AlertKind.UnpricedModel, "model", "openai/gpt-9\n"))))["subject"]).ShouldBe("model/openai/gpt-9");

    [Fact]
    public void Chat_gets_blocks_and_a_text_that_says_everything_too()
    {
        var sent = Json(SlackMessage.Of(Of(Reached(100))));
        var text = (string)sent["text"]!;
        foreach (var part in new[] { ":no_entry: *Project “Client A” has used 100 % of its budget: requests are blocked*", "$5.080075 of $5.08 (100.0 %)", "HTTP 402", "Raise the budget" })
            text.ShouldContain(part);
        text.ShouldContain($"<https://console.example.com/w/acme/alerts/{AlertId}|This alert>");
        sent["blocks"]!.AsArray().Select(block => (string)block!["type"]!).ShouldBe(["section", "section", "section"]);
        sent["blocks"]![1]!["fields"]!.AsArray().Select(field => (string)field!["text"]!).ShouldContain("*Spent*\n$5.080075 of $5.08 (100.0 %)");
    }

    [Fact]
    public void A_name_calls_nobody_and_links_nowhere_in_chat()
    {
        var sent = Encoding.UTF8.GetString(SlackMessage.Of(Of(Reached(80, name: "<!channel> & <http://x|y> @here"))));
        var text = (string)JsonNode.Parse(sent)!["text"]!;
        text.ShouldContain("&lt;!channel&gt; &amp; &lt;http://x|y&gt; @\u200bhere");
        text.ShouldNotContain("<!");
        text.ShouldNotContain("@here");
    }

    [Fact]
    public void Chat_has_no_more_than_the_ten_fields_that_it_takes()
    {
        var alerts = Enumerable.Range(0, 20).Select(_ => Other(AlertKind.UsageRejected, detail: "x")).ToArray();
        Json(SlackMessage.Of(Of(alerts)))["blocks"]![1]!["fields"]!.AsArray().Count.ShouldBe(10);
    }

    [Fact]
    public void Mail_says_that_no_person_wrote_it_and_which_alert_it_is()
    {
        using var mail = AlertMail.Of(Of(Reached(100)), From, To, Now);
        (mail.Headers["Auto-Submitted"], mail.Headers["X-TokenSense-Alert-Id"], mail.Date).ShouldBe(("auto-generated", AlertId.ToString(), Now));
        (mail.From.ToString(), mail.To.ToString()).ShouldBe(("\"TokenSense\" <alerts@example.com>", "owner@example.org"));
        mail.Body.ShouldBeOfType<MultipartAlternative>().Select(part => part.ContentType.MimeType).ShouldBe(["text/plain", "text/html"]);
    }

    [Fact]
    public void A_mail_has_one_id_over_retries_another_for_each_recipient_and_no_address_in_it()
    {
        string Id(string to, DateTimeOffset at) => AlertMail.Of(Of(Reached(100)), From, MailboxAddress.Parse(to), at).MessageId!;
        Id("owner@example.org", Now.AddDays(1)).ShouldBe(Id("Owner@example.org", Now));
        Id("admin@example.org", Now).ShouldNotBe(Id("owner@example.org", Now));
        Id("owner@example.org", Now).ShouldNotContain("owner");
        Id("owner@example.org", Now).ShouldEndWith("@example.com");
    }

    [Fact]
    public void Mails_of_one_budgets_month_are_one_conversation()
    {
        string References(AlertFacts alert) => AlertMail.Of(Of(alert) with { MessageId = Guid.NewGuid() }, From, To, Now).References.ShouldHaveSingleItem();
        References(Reached(100)).ShouldBe(References(Reached(80)));
        References(Reached(100) with { Period = "2026-12" }).ShouldNotBe(References(Reached(100)));
        References(Reached(100) with { ScopeId = WorkspaceId }).ShouldNotBe(References(Reached(100)));
    }

    [Theory]
    [InlineData(200, "Delivered { }")]
    [InlineData(204, "Delivered { }")]
    [InlineData(301, "Refused { Reason = HTTP 301: redirects are not followed }")]
    [InlineData(400, "Refused { Reason = HTTP 400 }")]
    [InlineData(404, "Refused { Reason = HTTP 404 }")]
    [InlineData(408, "Unreachable { Reason = HTTP 408, RetryAfter = 00:00:07 }")]
    [InlineData(410, "Gone { Reason = HTTP 410 }")]
    [InlineData(425, "Unreachable { Reason = HTTP 425, RetryAfter = 00:00:07 }")]
    [InlineData(429, "Unreachable { Reason = HTTP 429, RetryAfter = 00:00:07 }")]
    [InlineData(500, "Unreachable { Reason = HTTP 500, RetryAfter = 00:00:07 }")]
    [InlineData(599, "Unreachable { Reason = HTTP 599, RetryAfter = 00:00:07 }")]
    public void Every_answer_means_something(int status, string outcome) =>
        ChannelHttp.OutcomeOf(new(status, "", TimeSpan.FromSeconds(7))).ToString().ShouldBe(outcome);

    private static JsonNode Json(byte[] sent) => JsonNode.Parse(sent)!;
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Shouldly;
using TokenSense.EndToEnd.Running;
using TokenSense.Notifier.Channels;
using Xunit;

namespace TokenSense.EndToEnd.Channels;

/// <summary>Webhooks and chat against a real receiver, which verifies with the standardwebhooks library.</summary>
public sealed class WebhookTests : IAsyncLifetime
{
    private readonly string _secret = WebhookSecret.New();
    private readonly ChannelHttp _http = new(new() { AllowPrivateAddresses = true }, TimeProvider.System);
    private WebhookReceiver _receiver = null!;

    private WebhookSender Webhook => new(_http, TimeProvider.System);

    public async ValueTask InitializeAsync()
    {
        _receiver = await WebhookReceiver.Start();
        await _receiver.Expect("/hook", _secret);
    }

    public async ValueTask DisposeAsync()
    {
        await _receiver.DisposeAsync();
        _http.Dispose();
    }

    [Fact]
    public async Task A_receiver_verifies_the_signature_and_reads_the_event()
    {
        var notice = Notices.New();
        using var traced = new Activity("alert").Start();

        (await Send(notice)).ShouldBe(new Outcome.Delivered());

        var got = _receiver.Received.ShouldHaveSingleItem();
        (got.Ok, got.Id).ShouldBe((true, $"msg_{notice.MessageId:N}"), got.Why);
        ((string?)got.Headers["content-type"]).ShouldBe("application/cloudevents+json; charset=utf-8");
        ((string?)got.Headers["user-agent"]).ShouldStartWith("TokenSense/");
        got.Headers["traceparent"].ShouldBeNull();
        ((Guid)got.Json["data"]!["id"]!, got.Json["data"]!["spent_usd"]!.ToJsonString()).ShouldBe((notice.Alerts[0].Id, "5.080075"));
    }

    [Fact]
    public async Task Another_secret_is_not_taken_for_it()
    {
        await Webhook.Send(_receiver.Url("/hook"), WebhookSecret.New(), Notices.New(), default);
        _receiver.Received.ShouldHaveSingleItem().Ok.ShouldBe(false);
    }

    [Fact]
    public async Task A_receiver_that_is_restarting_is_tried_once_more_with_the_same_id_and_body()
    {
        await _receiver.Say(new WebhookReceiver.Answer(503, Times: 1), new WebhookReceiver.Answer(0, Times: 1));

        (await Send(Notices.New())).ShouldBe(new Outcome.Unreachable("The connection broke."));
        (await Send(Notices.New())).ShouldBe(new Outcome.Delivered());

        await _receiver.Say(new WebhookReceiver.Answer(0, Times: 1));
        (await Send(Notices.New())).ShouldBe(new Outcome.Delivered());
        _receiver.Received.Select(got => got.Status).ShouldBe([503, 0, 204, 0, 204]);
        _receiver.Received.ShouldAllBe(got => got.Ok == true);
        _receiver.Received.Select(got => (got.Id, got.Body)).Distinct().Count().ShouldBe(3);
    }

    [Theory]
    [InlineData(400, "Refused { Reason = HTTP 400 }")]
    [InlineData(404, "Refused { Reason = HTTP 404 }")]
    [InlineData(410, "Gone { Reason = HTTP 410 }")]
    [InlineData(500, "Unreachable { Reason = HTTP 500, RetryAfter =  }")]
    public async Task A_refusal_is_not_repeated_at_once(int status, string outcome)
    {
        await _receiver.Say(new WebhookReceiver.Answer(status));
        (await Send(Notices.New())).ToString().ShouldBe(outcome);
        _receiver.Received.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("120", 120)]
    [InlineData("9999999", 86_400)]
    public async Task A_receiver_says_when_to_come_again_within_a_day(string retryAfter, int seconds)
    {
        await _receiver.Say(new WebhookReceiver.Answer(429, Headers: new Dictionary<string, string> { ["retry-after"] = retryAfter }));
        (await Send(Notices.New())).ShouldBe(new Outcome.Unreachable("HTTP 429", TimeSpan.FromSeconds(seconds)));
    }

    [Fact]
    public async Task When_to_come_again_may_be_a_date()
    {
        var date = DateTimeOffset.UtcNow.AddMinutes(10).ToString("r");
        await _receiver.Say(new WebhookReceiver.Answer(503, Headers: new Dictionary<string, string> { ["retry-after"] = date }));
        (await Send(Notices.New())).ShouldBeOfType<Outcome.Unreachable>().RetryAfter!.Value.ShouldBeInRange(TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
        _receiver.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await _receiver.Say(new WebhookReceiver.Answer(307, Path: "/hook", Headers: new Dictionary<string, string> { ["location"] = "/other" }));
        (await Send(Notices.New())).ShouldBe(new Outcome.Refused("HTTP 307: redirects are not followed"));
        _receiver.Received.ShouldHaveSingleItem().Path.ShouldBe("/hook");
    }

    [Fact]
    public async Task An_endless_answer_is_read_no_further_than_needed()
    {
        await _receiver.Say(new WebhookReceiver.Answer(400, Body: new string('x', 5_000_000)));
        (await Send(Notices.New())).ShouldBe(new Outcome.Refused("HTTP 400"));
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_is_left_after_15_seconds()
    {
        await _receiver.Say(new WebhookReceiver.Answer(204, DelayMs: 60_000));
        var watch = Stopwatch.StartNew();
        (await Send(Notices.New())).ShouldBe(new Outcome.Unreachable("No answer in time."));
        watch.Elapsed.TotalSeconds.ShouldBeInRange(14, 25);
    }

    [Fact]
    public async Task Where_nobody_listens_it_is_tried_again_later()
    {
        await _receiver.Kill();
        (await Send(Notices.New())).ShouldBe(new Outcome.Unreachable("No connection."));
        await _receiver.Restart();
        (await Send(Notices.New())).ShouldBe(new Outcome.Delivered());
        _receiver.Received.ShouldHaveSingleItem().Ok.ShouldBe(true);
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_may_do_so_later() =>
        (await Webhook.Send(new Uri("https://no-such-host.invalid/"), _secret, Notices.New(), default)).ShouldBe(new Outcome.Unreachable("The host's name does not resolve."));

    [Fact]
    public async Task A_receiver_without_TLS_at_an_https_address_is_unreachable() =>
        (await Webhook.Send(new UriBuilder(_receiver.Url("/hook")) { Scheme = "https" }.Uri, _secret, Notices.New(), default))
            .ShouldBe(new Outcome.Unreachable("No TLS connection."));

    [Fact]
    public async Task Unless_the_operator_allows_it_nothing_connects_to_a_private_address_whatever_its_name()
    {
        using var guarded = new ChannelHttp(new(), TimeProvider.System);
        using var listener = new TcpListener(IPAddress.Any, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        // The machine's own name passes for a public one until it is resolved.
        Dns.GetHostAddresses(Dns.GetHostName()).ShouldNotContain(address => PublicAddresses.Contains(address), "this needs a machine that is not on the internet");
        foreach (var host in new[] { "127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", Dns.GetHostName() })
        {
            var outcome = await new WebhookSender(guarded, TimeProvider.System).Send(new Uri($"https://{host}:{port}/"), _secret, Notices.New(), default);
            outcome.ShouldBe(new Outcome.Unsent("The channel's address must not lead to a private address."), host);
        }
        listener.Pending().ShouldBeFalse();
    }

    [Fact]
    public async Task A_proxy_of_the_environment_is_not_asked()
    {
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy("http://127.0.0.1:9");
        try
        {
            using var http = new ChannelHttp(new() { AllowPrivateAddresses = true }, TimeProvider.System);
            (await new WebhookSender(http, TimeProvider.System).Send(_receiver.Url("/hook"), _secret, Notices.New(), default)).ShouldBe(new Outcome.Delivered());
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }
    }

    [Fact]
    public async Task A_burst_is_delivered_whole()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Send(Notices.New())));
        outcomes.ShouldAllBe(outcome => outcome is Outcome.Delivered);
        _receiver.Received.Count(got => got.Ok == true).ShouldBe(200);
    }

    [Fact]
    public async Task Chat_gets_a_message_without_a_signature()
    {
        (await Chat()).ShouldBe(new Outcome.Delivered());
        var got = _receiver.Received.ShouldHaveSingleItem();
        ((string?)got.Headers["content-type"], got.Id).ShouldBe(("application/json; charset=utf-8", null));
        ((string)got.Json["text"]!).ShouldContain("$5.080075 of $5.08 (100.0 %)");
        got.Json["blocks"]!.AsArray().Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(404, "no_service", "Gone { Reason = HTTP 404: no_service }")]
    [InlineData(410, "channel_is_archived", "Gone { Reason = HTTP 410 }")]
    [InlineData(404, "channel_not_found", "Refused { Reason = HTTP 404 }")]
    [InlineData(403, "action_prohibited", "Refused { Reason = HTTP 403 }")]
    [InlineData(400, "invalid_payload", "Refused { Reason = HTTP 400 }")]
    public async Task Chat_that_was_switched_off_is_gone(int status, string said, string outcome)
    {
        await _receiver.Say(new WebhookReceiver.Answer(status, Body: said));
        (await Chat()).ToString().ShouldBe(outcome);
    }

    private Task<Outcome> Send(Notice notice) => Webhook.Send(_receiver.Url("/hook"), _secret, notice, default);

    private Task<Outcome> Chat() => new SlackSender(_http).Send(_receiver.Url("/services/T/B/x"), Notices.New(), default);
}

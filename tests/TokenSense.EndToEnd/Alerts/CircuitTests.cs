using Shouldly;
using TokenSense.Contracts;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Alerts;

/// <summary>While a receiver is away something looks for it, whatever became of what looked so far.</summary>
[Collection(nameof(SharedStack))]
public sealed class CircuitTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task After_the_last_message_for_it_was_given_up_the_next_one_looks()
    {
        await using var receiver = await WebhookReceiver.Start();
        var (workspace, channel) = await Away(receiver, "/given-up");
        await _stack.Execute("notifier", $"update deliveries set planned_at = planned_at - interval '80 hours', next_try_at = now() where channel_id = '{channel}'; notify alerts_changed");
        await Until.Seen(() => Count(channel, "failed"), count => count == 1, "the message given up");
        await receiver.Restart();
        await BusMessages.Publish(_stack, Told.Crossing(workspace.Id, Guid.NewGuid(), 80));
        await Until.Seen(() => Count(channel, "delivered"), count => count == 1, "the next message");
    }

    [Fact]
    public async Task A_message_that_leads_nowhere_any_more_hands_the_search_on()
    {
        await using var receiver = await WebhookReceiver.Start();
        var (workspace, channel) = await Away(receiver, "/handed-on");
        await BusMessages.Publish(_stack, Told.Crossing(workspace.Id, Guid.NewGuid(), 80), Told.Crossing(workspace.Id, Guid.NewGuid(), 80));
        await Until.Seen(() => Count(channel, "pending"), count => count == 3, "three that wait");
        await Postpone(channel);
        await receiver.Restart();
        // The one that looks is for somebody who is no member, and it is theirs no more.
        await _stack.Execute("notifier",
            $"update deliveries set person_id = gen_random_uuid(), next_try_at = now() where channel_id = '{channel}' and next_try_at < 'infinity'; notify alerts_changed");
        await Until.Seen(() => Count(channel, "failed"), count => count == 1, "the one that leads nowhere");
        await Until.Seen(() => Count(channel, "delivered"), count => count == 2, "the others");
    }

    [Fact]
    public async Task Looking_for_a_receiver_does_not_use_up_the_tries_of_a_message()
    {
        await using var receiver = await WebhookReceiver.Start();
        var (_, channel) = await Away(receiver, "/patient");
        await _stack.Execute("notifier", $"update deliveries set attempts = 50 where channel_id = '{channel}'");
        await Postpone(channel);
        await receiver.Restart();
        await receiver.Say(new WebhookReceiver.Answer(404, Times: 1, Path: "/patient"));
        await _stack.Execute("notifier", $"update deliveries set next_try_at = now() where channel_id = '{channel}'; notify alerts_changed");
        await receiver.Until(r => r.Status == 404, "the refusal");
        (await Count(channel, "pending")).ShouldBe(1);
        await Until.Seen(() => Count(channel, "delivered"), count => count == 1, "the message after 5 s");
    }

    [Fact]
    public async Task A_corrected_address_gets_what_waits_at_once()
    {
        await using var receiver = await WebhookReceiver.Start();
        await using var right = await WebhookReceiver.Start();
        var (workspace, channel) = await Away(receiver, "/wrong");
        await _stack.Execute("notifier", $"update deliveries set next_try_at = now() + interval '1 day' where channel_id = '{channel}'");
        var changed = await Workspace.Read(await workspace.Raw(HttpMethod.Patch, $"channels/{channel}", new { url = right.Url("/right").AbsoluteUri }));
        ((string)changed["url"]!).ShouldEndWith("/right");
        // Its day has not come.
        await Until.Seen(() => Count(channel, "delivered"), count => count == 1, "what waited");
        right.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task What_no_longer_holds_is_told_as_such()
    {
        await using var receiver = await WebhookReceiver.Start();
        var (workspace, channel) = await Away(receiver, "/late");
        var alert = (await workspace.Alerts())[0];
        await BusMessages.Publish(_stack, new ThresholdCleared
        {
            WorkspaceId = workspace.Id, Scope = "project", ScopeId = (Guid)alert["scope_id"]!, Threshold = 80, SpentUsd = 0.8m, BudgetUsd = 2, Period = (string)alert["period"]!,
            ClearedAt = DateTimeOffset.UtcNow, BudgetRevision = 2, Version = 99,
        });
        await workspace.UntilAlerts(a => (string)a[0]["status"]! == "resolved", "the alert resolved");
        await receiver.Restart();
        await _stack.Execute("notifier", $"update deliveries set next_try_at = now() where channel_id = '{channel}'; notify alerts_changed");
        var sent = await receiver.Until(r => r.Status == 204, "the late message");
        ((string)sent.Json["data"]!["title"]!).ShouldStartWith("Resolved: ");
    }

    // Nothing looks of its own accord meanwhile.
    private Task Postpone(Guid channel) =>
        _stack.Execute("notifier", $"update deliveries set next_try_at = now() + interval '1 hour' where channel_id = '{channel}' and status = 'pending' and next_try_at < 'infinity'");

    private Task<long> Count(Guid channel, string status) =>
        _stack.Query<long>("notifier", $"select count(*) from deliveries where channel_id = '{channel}' and status = '{status}'");

    /// <summary>A channel whose receiver is away, with one message that looks for it.</summary>
    private async Task<(Workspace Workspace, Guid Channel)> Away(WebhookReceiver receiver, string path)
    {
        var workspace = await Workspace.New(_stack);
        await workspace.WithoutMail();
        var (channel, _) = await workspace.Webhook(receiver, path);
        await receiver.Kill();
        await BusMessages.Publish(_stack, Told.Crossing(workspace.Id, Guid.NewGuid(), 80));
        await Until.Seen(() => _stack.Query<long>("notifier", $"select count(*) from receivers where receiver = 'channel:{channel}' and failing_since is not null"), count => count == 1, "the failure");
        return (workspace, channel);
    }
}

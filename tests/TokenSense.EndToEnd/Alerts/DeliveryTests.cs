using System.Globalization;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Alerts;

/// <summary>Receivers that are away, refuse, ask for no more, or hang: nothing is lost, and nobody else waits.</summary>
[Collection(nameof(SharedStack))]
public sealed class DeliveryTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task A_receiver_that_is_away_for_an_hour_gets_everything_once_within_minutes_of_its_return()
    {
        await using var receiver = await WebhookReceiver.Start();
        var workspace = await Workspace.New(_stack);
        await workspace.WithoutMail();
        var project = await workspace.Project("Client");
        var (channel, _) = await workspace.Webhook(receiver, "/away");
        await receiver.Kill();
        var crossings = Enumerable.Range(1, 12).Select(n => Told.Crossing(workspace.Id, Guid.NewGuid(), 80)).ToList();
        await BusMessages.Publish(_stack, [.. crossings.Take(6)]);
        await Until.Seen(() => Failures(channel), count => count >= 1, "a first failure");
        var away = TimeSpan.Zero;
        // The clock is moved by moving what waits for it: the schedule is in the database and nowhere else.
        while (away < TimeSpan.FromHours(1))
        {
            var wait = await UntilProbe(channel);
            wait.ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(5.5));
            var failures = await Failures(channel);
            await Pass(channel, wait);
            away += wait;
            await Until.Seen(() => Failures(channel), count => count > failures, "another look for the receiver");
        }
        await BusMessages.Publish(_stack, [.. crossings.Skip(6)]);
        await Until.Seen(() => _stack.Query<long>("notifier", $"select count(*) from deliveries where channel_id = '{channel}' and status = 'pending'"), count => count == 12, "all of them waiting");

        await receiver.Restart();
        var last = await UntilProbe(channel);
        last.ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(5.5));
        await Pass(channel, last);
        await workspace.UntilAlerts(
            alerts => alerts.Count(a => (string)a["kind"]! == "budget_threshold" && Told.Deliveries(a).Any(d => (Guid)d["channel_id"]! == channel && (string)d["status"]! == "delivered")) == 12,
            "twelve delivered alerts");
        var got = receiver.Received.Where(r => r.Status == 204).ToList();
        got.Select(r => (Guid)r.Json["data"]!["id"]!).ShouldBe(crossings.Select(c => c.CrossingId), ignoreOrder: true);
        got.ShouldAllBe(r => r.Ok == true);
        // It was told of, to nobody who could hear it but the list, and is over now.
        var trouble = await workspace.UntilAlerts(a => a.Any(x => (string)x["kind"]! == "channel_failing" && (string)x["status"]! == "resolved"), "the trouble resolved");
        trouble.Count(a => (string)a["kind"]! == "channel_failing").ShouldBe(1);
    }

    [Fact]
    public async Task A_receiver_that_hangs_delays_nobody_else()
    {
        await using var receiver = await WebhookReceiver.Start();
        var (slow, quick) = (await Workspace.New(_stack), await Workspace.New(_stack));
        foreach (var workspace in new[] { slow, quick }) await workspace.WithoutMail();
        await slow.Webhook(receiver, "/hangs");
        await quick.Webhook(receiver, "/quick");
        await receiver.Say(new WebhookReceiver.Answer(204, DelayMs: 20_000, Path: "/hangs"));
        await BusMessages.Publish(_stack, [.. Enumerable.Range(0, 300).Select(_ => Told.Crossing(slow.Id, Guid.NewGuid(), 80))]);
        await Queues.Empty(_stack, "notifier-alerts");
        await BusMessages.Publish(_stack, Told.Crossing(quick.Id, Guid.NewGuid(), 80));
        await receiver.Until(r => r.Path == "/quick", "the quick one's alert", secondsMax: 10);
    }

    [Fact]
    public async Task One_that_says_410_is_switched_off_and_the_owners_are_told_through_another_channel()
    {
        await using var receiver = await WebhookReceiver.Start();
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        var (channel, _) = await workspace.Webhook(receiver, "/gone");
        await receiver.Say(new WebhookReceiver.Answer(410, Path: "/gone"));
        await BusMessages.Publish(_stack, Told.Crossing(workspace.Id, project, 80));
        var alerts = await workspace.UntilAlerts(
            a => a.Any(x => (string)x["kind"]! == "channel_failing") && a.SelectMany(Told.Deliveries).All(d => (string)d["status"]! != "pending"), "the item, and all deliveries at their end");
        var item = alerts.Single(a => (string)a["kind"]! == "channel_failing");
        ((string)item["scope_name"]!).ShouldBe("hook /gone");
        Told.Deliveries(item).Select(d => (string)d["channel"]!).ShouldBe(["Owners and admins"]);
        var off = await workspace.Get($"channels/{channel}");
        ((bool)off["enabled"]!).ShouldBeFalse();
        ((string)off["off_reason"]!).ShouldContain("410");
        Told.Deliveries(alerts.Single(a => (string)a["kind"]! == "budget_threshold")).Select(d => (string)d["status"]!).ShouldBe(["delivered", "failed"], ignoreOrder: true);
        await receiver.Say();
        (await workspace.Raw(HttpMethod.Patch, $"channels/{channel}", new { enabled = true })).EnsureSuccessStatusCode();
        await workspace.UntilAlerts(a => a.Any(x => (string)x["kind"]! == "channel_failing" && (string)x["status"]! == "resolved"), "the item resolved");
    }

    [Fact]
    public async Task A_refused_message_is_tried_again_on_schedule_and_given_up_after_the_last()
    {
        await using var receiver = await WebhookReceiver.Start();
        var workspace = await Workspace.New(_stack);
        await workspace.WithoutMail();
        var project = await workspace.Project("Client");
        var (channel, _) = await workspace.Webhook(receiver, "/refuses");
        await receiver.Say(new WebhookReceiver.Answer(422, Path: "/refuses"));
        await BusMessages.Publish(_stack, Told.Crossing(workspace.Id, project, 80));
        double[] scheduleSeconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
        for (var attempt = 1; attempt <= scheduleSeconds.Length; attempt++)
        {
            await Until.Seen(() => Attempts(channel), count => count >= attempt, $"attempt {attempt}");
            var wait = await UntilProbe(channel);
            wait.TotalSeconds.ShouldBeInRange((scheduleSeconds[attempt - 1] * 0.9) - 4, scheduleSeconds[attempt - 1] * 1.1);
            await Pass(channel, wait);
        }
        var alert = await workspace.UntilAlerts(a => Told.Deliveries(a[0]).Any(d => (string)d["status"]! == "failed"), "the end");
        var delivery = Told.Deliveries(alert[0]).Single();
        ((int)delivery["attempts"]!, (string)delivery["last_error"]!).ShouldBe((10, "HTTP 422"));
        receiver.Received.Select(r => r.Id).Distinct().Count().ShouldBe(1);
    }

    private Task<long> Failures(Guid channel) =>
        _stack.Query<long>("notifier", $"select coalesce((select failures from receivers where receiver = 'channel:{channel}'), 0)::bigint");

    private Task<long> Attempts(Guid channel) => _stack.Query<long>("notifier", $"select coalesce(max(attempts), 0)::bigint from deliveries where channel_id = '{channel}'");

    private async Task<TimeSpan> UntilProbe(Guid channel) => TimeSpan.FromSeconds(await Until.Seen(() => _stack.Query<double>(
        "notifier", $"select coalesce(max(extract(epoch from next_try_at - clock_timestamp()))::float8, -1) from deliveries where channel_id = '{channel}' and status = 'pending' and next_try_at < 'infinity' and leased_until is null"),
        seconds => seconds > 0, "the next look"));

    private Task Pass(Guid channel, TimeSpan time) => _stack.Execute("notifier", string.Create(CultureInfo.InvariantCulture,
        $"""
        update deliveries set next_try_at = next_try_at - interval '{time.TotalSeconds} seconds' where channel_id = '{channel}' and status = 'pending' and next_try_at < 'infinity';
        update receivers set failing_since = failing_since - interval '{time.TotalSeconds} seconds' where receiver = 'channel:{channel}' and failing_since is not null;
        notify alerts_changed
        """));
}

using System.Diagnostics;
using System.Net;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Alerts;

/// <summary>Alerts as server-sent events, through the front door.</summary>
[Collection(nameof(SharedStack))]
public sealed class AlertStreamTests(SharedStack shared)
{
    [Fact]
    public async Task Each_change_of_an_alert_is_seen_within_a_second_and_none_is_missed_over_a_reconnection()
    {
        var (workspace, other) = (await Workspace.New(shared.Stack), await Workspace.New(shared.Stack));
        var project = await workspace.Project("Client");
        string last;
        await using (var feed = await AlertFeed.Open(workspace))
        {
            var crossings = new List<Guid>();
            var took = new List<TimeSpan>();
            for (var n = 0; n < 3; n++)
            {
                var crossing = Told.Crossing(workspace.Id, n == 0 ? project : Guid.NewGuid(), 80);
                var watch = Stopwatch.StartNew();
                await BusMessages.Publish(shared.Stack, Told.Crossing(other.Id, project, 80), crossing);
                await Until.Seen(() => Task.FromResult(feed.Seen.Any(a => (Guid)a["id"]! == crossing.CrossingId)), seen => seen, "the alert");
                took.Add(watch.Elapsed);
                crossings.Add(crossing.CrossingId);
            }
            took.Order().ElementAt(1).ShouldBeLessThan(TimeSpan.FromSeconds(1));
            bool IsDelivered(Guid id) => feed.Seen.LastOrDefault(a => (Guid)a["id"]! == id) is { } seen && Told.Deliveries(seen).All(d => (string)d["status"]! == "delivered");
            await Until.Seen(() => Task.FromResult(crossings.All(IsDelivered)), delivered => delivered, "their deliveries");
            feed.Seen.ShouldAllBe(a => crossings.Contains((Guid)a["id"]!));
            last = feed.LastEventId!;
        }
        var missed = Enumerable.Range(0, 250).Select(_ => Told.Crossing(workspace.Id, Guid.NewGuid(), 80)).ToList();
        await BusMessages.Publish(shared.Stack, [.. missed]);
        await Queues.Empty(shared.Stack, "notifier-alerts");
        await using var again = await AlertFeed.Open(workspace, last);
        await Until.Seen(
            () => Task.FromResult(again.Seen.Select(a => (Guid)a["id"]!).Distinct().Count()), count => count >= 250, "all that were missed", secondsMax: 90);
        again.Seen.Select(a => (Guid)a["id"]!).Distinct().ShouldBe(missed.Select(m => m.CrossingId), ignoreOrder: true);
    }

    [Fact]
    public async Task Nobody_else_may_listen()
    {
        var workspace = await Workspace.New(shared.Stack);
        using var http = new HttpClient { BaseAddress = new Uri(shared.Stack.Dashboard.Url) };
        (await http.GetAsync($"/api/v1/workspaces/{workspace.Slug}/alerts/stream")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }
}

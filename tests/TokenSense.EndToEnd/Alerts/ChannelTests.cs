using System.Net;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Alerts;

/// <summary>Channels are made, changed and refused with clear errors; secrets are shown once.</summary>
[Collection(nameof(SharedStack))]
public sealed class ChannelTests(SharedStack shared)
{
    [Fact]
    public async Task Every_problem_of_a_channel_is_told_at_once()
    {
        var workspace = await Workspace.New(shared.Stack);
        var answer = await workspace.Raw(HttpMethod.Post, "channels", new
        {
            type = "webhook", name = "", url = "ftp://example.com", address = "a@example.com", secret = "whsec_short", thresholds = new[] { 0 }, kinds = new[] { "weather" },
            budgets = new[] { new { scope = "project", id = "nobody" } },
        });
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var errors = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["errors"]!.AsObject().Select(e => e.Key);
        errors.ShouldBe(["address", "budgets", "kinds", "name", "secret", "thresholds", "url"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_secret_is_shown_when_it_is_made_and_never_again()
    {
        var workspace = await Workspace.New(shared.Stack);
        var made = await workspace.Post("channels", new { type = "webhook", name = "Ops", url = "http://127.0.0.1:9/hook?token=abc" });
        var secret = (string)made["secret"]!;
        secret.ShouldStartWith("whsec_");
        var path = $"channels/{made["id"]}";
        ((string?)(await workspace.Get(path))["secret"]).ShouldBeNull();
        var rotated = await workspace.Raw(HttpMethod.Patch, path, new { rotate_secret = true });
        ((string)(await Workspace.Read(rotated))["secret"]!).ShouldNotBe(secret);
        ((string?)(await workspace.Get(path))["secret"]).ShouldBeNull();
        (await shared.Stack.Query<long>("notifier", $"select count(*) from mt_events where data::text like '%{secret}%' or data::text like '%token=abc%'")).ShouldBe(0);
        (await workspace.Raw(HttpMethod.Delete, path)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await workspace.Raw(HttpMethod.Get, path)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await shared.Stack.Query<long>("notifier", $"select count(*) from channel_targets where channel_id = '{made["id"]}'")).ShouldBe(0);
    }

    [Fact]
    public async Task Owners_and_admins_can_be_told_less_and_not_be_left_out_for_good()
    {
        var workspace = await Workspace.New(shared.Stack);
        var owners = (await workspace.Get("channels"))["data"]![0]!;
        var path = $"channels/{owners["id"]}";
        (await workspace.Raw(HttpMethod.Delete, path)).StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await workspace.Raw(HttpMethod.Patch, path, new { address = "x@example.com" })).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var less = await Workspace.Read(await workspace.Raw(HttpMethod.Patch, path, new { thresholds = new[] { 100 } }));
        less["thresholds"]!.ToJsonString().ShouldBe("[100]");
        var project = await workspace.Project("Client");
        await BusMessages.Publish(shared.Stack, Told.Crossing(workspace.Id, project, 80), Told.Crossing(workspace.Id, project, 100));
        var alerts = await workspace.UntilDelivered(2);
        alerts.ToDictionary(a => (int)a["threshold"]!, a => Told.Deliveries(a).Count()).ShouldBe(new Dictionary<int, int> { [80] = 0, [100] = 1 }, ignoreOrder: true);
    }

    [Fact]
    public async Task Another_workspaces_channel_and_alert_are_not_there()
    {
        var (mine, other) = (await Workspace.New(shared.Stack), await Workspace.New(shared.Stack));
        var channel = await other.Post("channels", new { type = "email", name = "Ops", address = "ops@example.com" });
        var project = await other.Project("Client");
        await BusMessages.Publish(shared.Stack, Told.Crossing(other.Id, project, 80));
        var alert = (await other.UntilAlerts(a => a.Count == 1, "the alert"))[0];
        foreach (var (method, path) in new[]
                 {
                     (HttpMethod.Get, $"channels/{channel["id"]}"), (HttpMethod.Patch, $"channels/{channel["id"]}"), (HttpMethod.Delete, $"channels/{channel["id"]}"),
                     (HttpMethod.Post, $"channels/{channel["id"]}/test"), (HttpMethod.Get, $"alerts/{alert["id"]}"), (HttpMethod.Post, $"alerts/{alert["id"]}/dismiss"),
                     (HttpMethod.Post, $"alerts/{alert["id"]}/redeliver"),
                 })
            (await mine.Raw(method, path, method == HttpMethod.Get || method == HttpMethod.Delete ? null : new { })).StatusCode.ShouldBe(HttpStatusCode.NotFound, $"{method} {path}");
        (await mine.Alerts()).ShouldBeEmpty();
    }
}

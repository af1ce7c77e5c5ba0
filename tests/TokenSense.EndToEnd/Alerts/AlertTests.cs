using System.Text.Json.Nodes;
using Npgsql;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.EndToEnd.Running;
using TokenSense.Notifier.Deliveries;
using Xunit;
using static TokenSense.EndToEnd.Running.GatewayClient;

namespace TokenSense.EndToEnd.Alerts;

/// <summary>What is told, to whom, and once.</summary>
[Collection(nameof(SharedStack))]
public sealed class AlertTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task One_usage_that_jumps_past_80_and_100_is_two_alerts_in_one_signed_message()
    {
        await using var receiver = await WebhookReceiver.Start();
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client A");
        var key = await workspace.NewKey(project);
        await workspace.SetProjectBudget(project, 0.01m);
        await workspace.Webhook(receiver, "/a");

        // Nothing is taken until both wait: they are a moment apart, and on a busy machine a long one.
        await using (var notifier = _stack.Database("notifier"))
        await using (var hold = await notifier.OpenConnectionAsync())
        {
            await using (var take = new NpgsqlCommand($"select pg_advisory_lock({DueMessages.ClaimLock})", hold)) await take.ExecuteNonQueryAsync();
            await Reports.Http(_stack, Reports.Line("jump", key, input: 4_000, output: 500));
            await workspace.UntilAlerts(a => a.Count == 2, "both alerts");
        }
        var alerts = await workspace.UntilDelivered(2);

        alerts.Select(a => (int)a["threshold"]!).ShouldBe([80, 100], ignoreOrder: true);
        foreach (var alert in alerts)
        {
            ((string)alert["kind"]!).ShouldBe("budget_threshold");
            ((string)alert["status"]!).ShouldBe("open");
            ((string)alert["scope"]!, (Guid)alert["scope_id"]!, (string)alert["scope_name"]!).ShouldBe(("project", project, "Client A"));
            Money(alert["spent_usd"]).ShouldBe(Reports.Cost(4_000, 500));
            Money(alert["budget_usd"]).ShouldBe(0.01m);
            ((string)alert["crossed_by"]!["id"]!).ShouldBe("jump");
            Told.Deliveries(alert).Select(d => (string)d["channel"]!).ShouldBe(["Owners and admins", "hook /a"], ignoreOrder: true);
            Told.Deliveries(alert).Select(d => (string?)d["recipient"]).ShouldContain(Stack.OwnerEmail);
        }
        var sent = receiver.Received.ShouldHaveSingleItem();
        sent.Ok.ShouldBe(true, sent.Why);
        var message = sent.Json;
        ((string)message["specversion"]!, (string)message["type"]!, (string)message["source"]!).ShouldBe(("1.0", "tokensense.alert.raised.v1", $"/workspaces/{workspace.Id}"));
        ((int)message["data"]!["threshold"]!).ShouldBe(100);
        ((int)message["data"]!["also"]!.AsArray().ShouldHaveSingleItem()!["threshold"]!).ShouldBe(80);
        (await MailOf("Client A")).Count(m => m.Contains("100 %") && m.Contains("80 %")).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task An_alert_is_with_its_receiver_within_a_second_of_the_usage()
    {
        await using var receiver = await WebhookReceiver.Start();
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await workspace.SetBudget(1_000m);
        await workspace.Webhook(receiver, "/fast");
        // A first one, so that no code is cold.
        await workspace.SetBudget(0.001m, $"keys/{key.Id}/");
        await Reports.Http(_stack, Reports.Line("warm", key));
        await receiver.Until(_ => true, "a first alert");
        var took = new List<TimeSpan>();
        foreach (var usage in new[] { "first", "second", "third" })
        {
            var timed = await workspace.NewKey();
            await workspace.SetBudget(0.001m, $"keys/{timed.Id}/");
            var watch = System.Diagnostics.Stopwatch.StartNew();
            await Reports.Http(_stack, Reports.Line(usage, timed));
            await receiver.Until(d => (string?)d.Json["data"]!["crossed_by"]?["id"] == usage, "the alert");
            took.Add(watch.Elapsed);
        }
        took.Order().ElementAt(1).ShouldBeLessThan(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task A_raised_budget_resolves_what_it_cleared_and_a_lower_one_tells_anew()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await workspace.SetBudget(0.003m);
        await Reports.Http(_stack, Reports.Line("a", key));
        await workspace.UntilAlerts(a => a.Count == 2, "80 and 100");
        await workspace.SetBudget(0.004m);
        var alerts = await workspace.UntilAlerts(a => a.Any(x => (string)x["status"]! == "resolved"), "a resolved alert");
        alerts.ToDictionary(a => (int)a["threshold"]!, a => (string)a["status"]!).ShouldBe(new Dictionary<int, string> { [80] = "open", [100] = "resolved" }, ignoreOrder: true);
        await workspace.SetBudget(0.0035m);
        (await workspace.UntilAlerts(a => a.Count == 3, "100 again")).Count(a => (int)a["threshold"]! == 100 && (string)a["status"]! == "open").ShouldBe(1);
    }

    [Fact]
    public async Task A_clearing_that_overtakes_its_crossing_resolves_it_all_the_same()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        var crossing = Told.Crossing(workspace.Id, project, 80, version: 7, at: DateTimeOffset.UtcNow.AddSeconds(-2));
        await BusMessages.Publish(_stack, new ThresholdCleared
        {
            WorkspaceId = workspace.Id, Scope = "project", ScopeId = project, Threshold = 80, SpentUsd = 0.8m, BudgetUsd = 2, Period = crossing.Period,
            ClearedAt = crossing.CrossedAt.AddSeconds(1), BudgetRevision = 2, Version = 8,
        });
        await Until.Seen(() => _stack.Query<long>("notifier", $"select count(*) from clearings where scope_id = '{project}'"), count => count == 1, "the clearing");
        await BusMessages.Publish(_stack, crossing);
        var alerts = await workspace.UntilAlerts(a => a.Count == 1, "the alert");
        ((string)alerts[0]["status"]!).ShouldBe("resolved");
        // A later crossing is not taken for a cleared one.
        await BusMessages.Publish(_stack, Told.Crossing(workspace.Id, project, 80, version: 9));
        (await workspace.UntilAlerts(a => a.Count == 2, "the next crossing")).Count(a => (string)a["status"]! == "open").ShouldBe(1);
    }

    [Fact]
    public async Task Repeated_crossings_are_one_alert_and_one_delivery()
    {
        await using var receiver = await WebhookReceiver.Start();
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        await workspace.Webhook(receiver, "/once");
        var crossing = Told.Crossing(workspace.Id, project, 80);
        await BusMessages.Publish(_stack, Enumerable.Range(0, 20).Select(_ => ((object)crossing, crossing.CrossingId)));
        await workspace.UntilDelivered(1);
        await Queues.Empty(_stack, "notifier-alerts");
        await workspace.UntilDelivered(1);
        receiver.Received.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_channel_gets_what_it_watches_and_nothing_else()
    {
        await using var receiver = await WebhookReceiver.Start();
        var workspace = await Workspace.New(_stack);
        await workspace.WithoutMail();
        var (one, two) = (await workspace.Project("One"), await workspace.Project("Two"));
        await workspace.Webhook(receiver, "/one", new { budgets = new[] { new { scope = "project", id = "one" } } });
        await workspace.Webhook(receiver, "/blocked", new { thresholds = new[] { 100 } });
        await workspace.Webhook(receiver, "/gateways", new { kinds = new[] { "gateway_silent" } });
        await BusMessages.Publish(_stack, Told.Crossing(workspace.Id, one, 80), Told.Crossing(workspace.Id, two, 100));
        var alerts = await workspace.UntilDelivered(2);
        string[] ChannelsOf(Guid project) => [.. Told.Deliveries(alerts.Single(a => (Guid)a["scope_id"]! == project)).Select(d => (string)d["channel"]!)];
        ChannelsOf(one).ShouldBe(["hook /one"]);
        ChannelsOf(two).ShouldBe(["hook /blocked"]);
        receiver.Received.Select(r => r.Path).ShouldBe(["/one", "/blocked"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_test_tells_at_once_whether_the_channel_works()
    {
        await using var receiver = await WebhookReceiver.Start();
        var workspace = await Workspace.New(_stack);
        var (id, _) = await workspace.Webhook(receiver, "/test", new { thresholds = new[] { 100 } });
        var worked = await workspace.Post($"channels/{id}/test", new { });
        ((string)worked["kind"]!, (string)worked["status"]!).ShouldBe(("test", "resolved"));
        ((string)Told.Deliveries(worked).Single()["status"]!).ShouldBe("delivered");
        receiver.Received.ShouldHaveSingleItem().Ok.ShouldBe(true);
        await receiver.Say(new WebhookReceiver.Answer(404));
        var failed = Told.Deliveries(await workspace.Post($"channels/{id}/test", new { })).Single();
        ((string)failed["status"]!, (string)failed["last_error"]!).ShouldBe(("pending", "HTTP 404"));
        (await workspace.Alerts("&status=open")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dismissed_alert_stays_in_the_list_and_can_be_delivered_again_under_the_same_id()
    {
        await using var receiver = await WebhookReceiver.Start();
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        await workspace.Webhook(receiver, "/again");
        await BusMessages.Publish(_stack, Told.Crossing(workspace.Id, project, 80));
        var alert = (await workspace.UntilDelivered(1))[0];
        ((string)(await workspace.Post($"alerts/{alert["id"]}/dismiss", new { }))["status"]!).ShouldBe("dismissed");
        (await workspace.Alerts("&status=open")).ShouldBeEmpty();
        await workspace.Post($"alerts/{alert["id"]}/redeliver", new { });
        await receiver.Until(_ => receiver.Received.Count == 2, "the second delivery");
        receiver.Received.Select(r => r.Id).Distinct().Count().ShouldBe(1);
        ((string)(await workspace.UntilDelivered(1))[0]["status"]!).ShouldBe("dismissed");
    }

    [Fact]
    public async Task Ops_hear_of_alerts_and_deliveries_on_the_bus()
    {
        await using var raised = await Watcher.On(_stack, "AlertRaised");
        await using var delivered = await Watcher.On(_stack, "AlertDelivered");
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        await Until.Seen(() => _stack.Query<long>("notifier", $"select count(*) from directory where kind = 'project' and id = '{project}'"), count => count == 1, "the project's name");
        var crossing = Told.Crossing(workspace.Id, project, 80);
        await BusMessages.Publish(_stack, crossing);
        var message = await Until.Seen(() => Task.FromResult(raised.Seen.FirstOrDefault(a => (Guid)a["alertId"]! == crossing.CrossingId)), a => a is not null, "AlertRaised");
        ((string)message!["scopeName"]!, (string)message["kind"]!).ShouldBe(("Client", "budget_threshold"));
        await Until.Seen(() => Task.FromResult(delivered.Seen.Count(a => (Guid)a["alertId"]! == crossing.CrossingId)), count => count == 1, "AlertDelivered");
    }

    private async Task<IReadOnlyList<string>> MailOf(string name)
    {
        var folder = new DirectoryInfo(Path.Combine(_stack.Notifier.Home, "mail"));
        var files = folder.Exists ? folder.GetFiles("*.eml") : [];
        var mails = new List<string>();
        foreach (var file in files)
        {
            try { mails.Add(await File.ReadAllTextAsync(file.FullName)); }
            catch (FileNotFoundException) { /* the folder keeps the last 1,000 */ }
        }
        return [.. mails.Where(m => m.Contains(name))];
    }
}

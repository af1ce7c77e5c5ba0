using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Faults;

/// <summary>Any process and any backend may die at any time; afterwards nothing is lost, nothing doubled, each threshold told once.</summary>
public sealed class FaultTests(OwnBackends<FaultTests> own) : IClassFixture<OwnBackends<FaultTests>>, IAsyncLifetime
{
    private Backends _backends = null!;
    private Stack _stack = null!;

    public async ValueTask InitializeAsync()
    {
        _backends = await own.Running();
        _stack = await Stack.Up(_backends, new Dictionary<string, string> { ["TokenSense__MaxStalenessSeconds"] = "10" });
    }

    public async ValueTask DisposeAsync() => await _stack.DisposeAsync();

    [Fact]
    public async Task A_consumer_killed_between_commit_and_acknowledgement_counts_once()
    {
        await using var crossings = await Crossings.Watch(_stack);
        var (workspace, project, key) = await Prepared(budgetCalls: 50);
        // The server takes its time with the commit of Budgets, and finishes it although the client has died meanwhile.
        await _stack.Execute("budgets",
            """
            create function slow_commit() returns trigger language plpgsql as $$ begin perform pg_sleep(3); return null; end $$;
            create constraint trigger slow_commit after insert on claimed_messages deferrable initially deferred for each row execute function slow_commit();
            """);
        for (var round = 0; round < 3; round++)
        {
            var before = await _stack.Query<long>("budgets", "select count(*) from claimed_messages");
            await Reports.Publish(_stack, [.. Lines(key, round * 20, 20)]);
            // Any commit of the service's own would do for "a commit is active"; only one that claims a message sleeps.
            var committing = "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
            await Until.Seen(() => _stack.Query<long>("budgets", committing), count => count > 0, "a commit under way");
            await _stack.Budgets.Kill();
            await Until.Seen(() => _stack.Query<long>("budgets", "select count(*) from claimed_messages"), count => count > before, "the commit that outlived its client");
            _stack.Budgets.Launch();
            await _stack.Budgets.UntilHealthy();
        }
        await Settled(workspace, crossings, calls: 60);
    }

    [Fact]
    public async Task A_database_restart_under_load_loses_nothing()
    {
        await using var crossings = await Crossings.Watch(_stack);
        var (workspace, _, key) = await Prepared(budgetCalls: 1_000);
        var traffic = Reports.Publish(_stack, Lines(key, 0, 2_000), linesPerMessage: 5);
        await workspace.UntilSpent(Reports.Cost(1_000, 100));
        await _backends.Kill("postgres");
        await _backends.Start("postgres");
        await traffic;
        await Settled(workspace, crossings, calls: 2_000);
    }

    [Fact]
    public async Task A_broker_restart_under_load_loses_nothing()
    {
        var (workspace, _, key) = await Prepared(budgetCalls: 10_000);
        await Reports.Publish(_stack, Lines(key, 0, 1_500), linesPerMessage: 5);
        await _backends.Kill("rabbitmq");
        await _backends.Start("rabbitmq");
        await Settled(workspace, null, calls: 1_500);
    }

    [Fact]
    public async Task Services_killed_again_and_again_under_load_lose_nothing_and_double_nothing()
    {
        await using var crossings = await Crossings.Watch(_stack);
        var (workspace, _, key) = await Prepared(budgetCalls: 1_500);
        var traffic = Reports.Publish(_stack, Lines(key, 0, 3_000), linesPerMessage: 7);
        foreach (var service in new[] { _stack.Metering, _stack.Budgets, _stack.Budgets, _stack.Metering })
        {
            var before = (await workspace.SpendNow()).Workspace;
            await service.Restart();
            await Until.Seen(workspace.SpendNow, s => s.Workspace > before || s.Workspace == 3_000 * Reports.Cost(1_000, 100), "spend that grows again", secondsMax: 90);
        }
        await traffic;
        await Settled(workspace, crossings, calls: 3_000);
    }

    [Fact]
    public async Task While_metering_is_silent_a_gateway_fails_closed_for_keys_under_a_budget_and_for_no_other()
    {
        var (_, _, bound) = await Prepared(budgetCalls: 1_000);
        var free = await (await Workspace.New(_stack)).NewKey();
        await GatewayClient.UntilCode(_stack, bound.Secret, null);
        await _stack.Metering.Kill();
        await GatewayClient.UntilCode(_stack, bound.Secret, "BUDGET_CHECK_UNAVAILABLE", secondsMax: 30);
        (await GatewayClient.Authorize(_stack, free.Secret)).Code.ShouldBeNull();
        _stack.Metering.Launch();
        await GatewayClient.UntilCode(_stack, bound.Secret, null, secondsMax: 60);
    }

    [Fact]
    public async Task What_was_published_before_the_consumer_ever_existed_is_counted()
    {
        // A broker that never saw a consumer, and databases that do not exist yet.
        var backends = await Backends.Private("fresh");
        try
        {
            await using var stack = await Stack.Prepare(backends);
            stack.KeyRegistry.Launch();
            stack.Dashboard.Launch();
            await stack.KeyRegistry.UntilHealthy();
            var workspace = await Until.Seen(async () => await Workspace.New(stack), w => w is not null, "a workspace");
            var key = await workspace.NewKey(await workspace.Project("Client"));
            await Reports.Publish(stack, Lines(key, 0, 300));
            stack.Metering.Launch();
            await stack.Metering.UntilHealthy();
            await Until.Seen(() => stack.Query<long>("metering", "select count(*) from claims"), count => count == 300, "300 claims");
            stack.Budgets.Launch();
            await stack.Budgets.UntilHealthy();
            (await workspace.UntilSpent(300 * Reports.Cost(1_000, 100))).Workspace.ShouldBe(300 * Reports.Cost(1_000, 100));
        }
        finally
        {
            await backends.Purge();
        }
    }

    private async Task<(Workspace Workspace, Guid Project, Workspace.Key Key)> Prepared(int budgetCalls)
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        var key = await workspace.NewKey(project);
        await workspace.SetProjectBudget(project, budgetCalls * Reports.Cost(1_000, 100));
        return (workspace, project, key);
    }

    private static List<JsonObject> Lines(Workspace.Key key, int first, int count) =>
        [.. Enumerable.Range(first, count).Select(n => Reports.Line($"call-{n}", key))];

    private async Task Settled(Workspace workspace, Crossings? crossings, int calls)
    {
        await workspace.UntilSpent(calls * Reports.Cost(1_000, 100), secondsMax: 90);
        await Queues.Empty(_stack, "metering-usage-reported");
        await Queues.Empty(_stack, "budgets-usage-recorded");
        (await workspace.SpendNow()).Workspace.ShouldBe(calls * Reports.Cost(1_000, 100));
        if (crossings is null) return;
        await Until.Seen(() => Task.FromResult(crossings.Of(workspace)), c => c.Count >= 2, "both crossings", secondsMax: 90);
        crossings.Of(workspace).ShouldBe(["project 80", "project 100"]);
    }
}

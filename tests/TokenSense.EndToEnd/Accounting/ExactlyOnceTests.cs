using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Accounting;

/// <summary>Whatever is reported twice counts once, and each threshold is told once.</summary>
[Collection(nameof(SharedStack))]
public sealed class ExactlyOnceTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task The_same_batch_twice_counts_once()
    {
        var (workspace, project, key) = await Prepared();
        var batch = Lines(key, 0, 200);
        await Reports.Publish(_stack, batch);
        await Reports.Publish(_stack, batch);
        var answer = await Reports.Http(_stack, batch.Take(100));
        ((int)answer["accepted"]! + (int)answer["duplicates"]!, (int)answer["conflicts"]!).ShouldBe((100, 0));
        (await Settled(workspace, 200)).Project(project).ShouldBe(200 * Reports.Cost(1_000, 100));
    }

    [Fact]
    public async Task Half_overlapping_batches_count_each_line_once()
    {
        var (workspace, _, key) = await Prepared();
        for (var first = 0; first < 1_000; first += 100) await Reports.Publish(_stack, Lines(key, first, 200));
        (await Settled(workspace, 1_100)).Key(key.Id).ShouldBe(1_100 * Reports.Cost(1_000, 100));
    }

    [Fact]
    public async Task Eight_reporters_with_the_same_lines_in_different_orders_record_each_once()
    {
        await using var crossings = await Crossings.Watch(_stack);
        var (workspace, project, key) = await Prepared();
        var cost = Reports.Cost(1_000, 100);
        await workspace.SetProjectBudget(project, 1_000 * cost);
        var lines = Lines(key, 0, 1_000);
        await Task.WhenAll(Enumerable.Range(1, 8).Select(async seed =>
        {
            var shuffled = lines.ToArray();
            new Random(seed).Shuffle(shuffled);
            await Reports.Publish(_stack, shuffled, linesPerMessage: 70);
        }));
        await Settled(workspace, 1_000);
        await Until.Seen(() => Task.FromResult(crossings.Of(workspace)), c => c.Count >= 2, "both crossings");
        crossings.Of(workspace).ShouldBe(["project 80", "project 100"]);
    }

    [Fact]
    public async Task The_same_name_with_other_content_is_a_conflict_and_the_first_stands()
    {
        var (workspace, _, key) = await Prepared();
        (await Status(Reports.Line("a", key))).ShouldBe("accepted");
        (await Status(Reports.Line("a", key))).ShouldBe("duplicate");
        (await Status(Reports.Line("a", key, input: 2_000))).ShouldBe("conflict");
        (await Settled(workspace, 1)).Workspace.ShouldBe(Reports.Cost(1_000, 100));
        var kept = (await workspace.Get("conflicts"))["data"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)kept["usage_id"]!, (int)kept["reported"]!["usage"]!["input_tokens"]!).ShouldBe(("a", 2_000));
    }

    [Fact]
    public async Task Two_gateways_cannot_claim_each_others_names()
    {
        var (workspace, _, key) = await Prepared();
        await Reports.Publish(_stack, [Reports.Line("a", key)], gatewayId: "one");
        await Reports.Publish(_stack, [Reports.Line("a", key, input: 3_000)], gatewayId: "two");
        (await workspace.UntilSpent(Reports.Cost(4_000, 200))).Workspace.ShouldBe(Reports.Cost(4_000, 200));
    }

    [Fact]
    public async Task A_relay_that_repeats_everything_it_ever_sent_changes_nothing()
    {
        await using var crossings = await Crossings.Watch(_stack);
        var (workspace, project, key) = await Prepared();
        await workspace.SetProjectBudget(project, 100 * Reports.Cost(1_000, 100));
        await Reports.Publish(_stack, Lines(key, 0, 150), linesPerMessage: 10);
        await Settled(workspace, 150);
        var told = await Until.Seen(() => Task.FromResult(crossings.Of(workspace)), c => c.Count >= 2, "both crossings");

        // A relay that died after publishing has not stored how far it came: it starts where it last stood.
        foreach (var (service, database) in new[] { (_stack.Metering, "metering"), (_stack.Budgets, "budgets"), (_stack.KeyRegistry, "keyregistry") })
        {
            await service.Kill();
            await _stack.Execute(database, "delete from mt_event_progression where name like 'relay:%'");
            service.Launch();
            await service.UntilHealthy();
        }
        await Relayed("metering");
        await Relayed("budgets");
        await Relayed("keyregistry");
        await Reports.Publish(_stack, [Reports.Line("after", key)]);
        await Settled(workspace, 151);
        crossings.Of(workspace).ShouldBe(told);
    }

    [Fact]
    public async Task Two_relay_leaders_at_once_lose_nothing_and_double_nothing()
    {
        await using var crossings = await Crossings.Watch(_stack);
        var (workspace, project, key) = await Prepared();
        await workspace.SetProjectBudget(project, 600 * Reports.Cost(1_000, 100));
        await using var metering = await _stack.Another("Metering");
        await using var budgets = await _stack.Another("Budgets");
        var traffic = Reports.Publish(_stack, Lines(key, 0, 1_200), linesPerMessage: 3);
        // The leader loses its lock without knowing, and another takes it while the first still publishes.
        for (var round = 0; round < 4; round++)
        {
            foreach (var database in new[] { "metering", "budgets" })
                await _stack.Execute(database, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tokensense-relay-leader' and datname = current_database()");
            await Until.Seen(() => _stack.Query<long>("metering",
                "select count(*) from pg_locks l join pg_database d on d.oid = l.database where locktype = 'advisory' and d.datname = current_database() and objid = 7306002"), c => c == 1, "one leader");
        }
        await traffic;
        await Settled(workspace, 1_200);
        await Until.Seen(() => Task.FromResult(crossings.Of(workspace)), c => c.Count >= 2, "both crossings", secondsMax: 90);
        crossings.Of(workspace).ShouldBe(["project 80", "project 100"]);
    }

    [Fact]
    public async Task Usage_of_a_key_that_is_not_known_yet_waits_for_it()
    {
        var workspace = await Workspace.New(_stack);
        var secret = $"not-a-real-key-{Guid.NewGuid():N}";
        var future = new Workspace.Key(Guid.NewGuid(), secret);
        (await Status(Reports.Line("early", future))).ShouldBe("pending");
        // The key arrives over the bus later than the usage of it.
        await _stack.Execute("metering",
            $$"""
            with d as (insert into directory (kind, id, workspace_id, version, body) values ('key', '{{future.Id}}', '{{workspace.Id}}', 1,
                '{"keyId":"{{future.Id}}","workspaceId":"{{workspace.Id}}","name":"late","scopes":["call"],"secrets":[{"sha256":"{{future.Sha256}}"}],"version":1}'))
            insert into directory_hashes values ('{{future.Sha256}}', 'key', '{{future.Id}}')
            """);
        var spend = await workspace.UntilSpent(Reports.Cost(1_000, 100));
        (spend.Workspace, spend.Unassigned).ShouldBe((Reports.Cost(1_000, 100), Reports.Cost(1_000, 100)));
    }

    private Task Relayed(string database) =>
        Until.Seen(() => _stack.Query<long>(database, "select (select coalesce(max(seq_id), 0) from mt_events) - (select coalesce(max(last_seq_id), 0) from mt_event_progression where name like 'relay:%')"),
            behind => behind == 0, $"the relay of {database} at its end", secondsMax: 180);

    private async Task<string> Status(JsonObject line) => (string)(await Reports.Http(_stack, line))["results"]![0]!["status"]!;

    private async Task<(Workspace Workspace, Guid Project, Workspace.Key Key)> Prepared()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");
        return (workspace, project, await workspace.NewKey(project));
    }

    private static List<JsonObject> Lines(Workspace.Key key, int first, int count) =>
        [.. Enumerable.Range(first, count).Select(n => Reports.Line($"call-{n}", key))];

    /// <summary>Exactly so many calls in spend, rollup and lines, once everything that was published has been taken.</summary>
    private async Task<SpendView> Settled(Workspace workspace, int calls)
    {
        await workspace.UntilSpent(calls * Reports.Cost(1_000, 100));
        await Drained();
        var spend = await workspace.SpendNow();
        spend.Workspace.ShouldBe(calls * Reports.Cost(1_000, 100));
        var rollup = (await workspace.Get("usage?group_by=key"))["data"]!.AsArray().Single()!;
        ((long)rollup["requests"]!, JsonSerializer.Deserialize<decimal>(rollup["cost_usd"]!.ToJsonString())).ShouldBe((calls, spend.Workspace));
        return spend;
    }

    private async Task Drained()
    {
        await Queues.Empty(_stack, "metering-usage-reported");
        await Relayed("metering");
        await Queues.Empty(_stack, "budgets-usage-recorded");
        await Relayed("budgets");
    }
}

using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Alerts;

/// <summary>A storm of alerts over 500 workspaces, told by two notifiers that die while they tell: 2,000, or as many as TOKENSENSE_STORM_ALERTS says.</summary>
public sealed class StormTests(ITestOutputHelper output)
{
    private const int WorkspacesMax = 500;

    // Of each scope two alerts, at 80 and at 100.
    private static readonly int ScopesEach =
        int.Parse(Environment.GetEnvironmentVariable("TOKENSENSE_STORM_ALERTS") ?? "2000", CultureInfo.InvariantCulture) / WorkspacesMax / 2;

    [Fact]
    public async Task A_storm_of_alerts_loses_none_and_repeats_none_whatever_dies()
    {
        await using var stack = await Stack.Up(await Backends.Shared());
        await using var receiver = await WebhookReceiver.Start();
        var second = await stack.Another("Notifier");
        var owner = await stack.Query<string>("keyregistry", "select id from directory where kind = 'person' limit 1");
        var workspaces = await Make(stack, Guid.Parse(owner), receiver);

        var random = new Random(20_261_127);
        var crossings = workspaces.SelectMany(w => Enumerable.Range(0, ScopesEach).SelectMany(_ =>
        {
            var scope = Guid.NewGuid();
            return new[] { Told.Crossing(w, scope, 80, version: 1), Told.Crossing(w, scope, 100, version: 2) };
        })).ToList();
        // A relay that was set back repeats: every tenth comes twice.
        var sent = crossings.Concat(crossings.Where((_, i) => i % 10 == 0)).ToArray();
        random.Shuffle(sent);
        var watch = Stopwatch.StartNew();
        var publishing = BusMessages.Publish(stack, sent.Select(c => ((object)c, c.CrossingId)));
        foreach (var victim in new[] { stack.Notifier, second, stack.Notifier, second })
        {
            await Until.Seen(() => Raised(stack), count => count > crossings.Count * (0.1 + (0.15 * random.NextDouble())), "some of the storm", secondsMax: 60);
            await victim.Kill();
            victim.Launch();
        }
        await publishing;
        await Until.Seen(() => Raised(stack), count => count >= crossings.Count, "all alerts", secondsMax: 300);
        await Until.Seen(
            () => stack.Query<long>("notifier", "select count(*) from deliveries where status <> 'delivered'"), count => count == 0, "all deliveries", secondsMax: 300);
        output.WriteLine($"{crossings.Count} alerts raised and delivered in {watch.Elapsed.TotalSeconds:0.0} s.");

        (await Raised(stack)).ShouldBe(crossings.Count);
        (await stack.Query<long>("notifier", "select count(*) from mt_events where type = 'alert-raised'")).ShouldBe(crossings.Count);
        (await stack.Query<long>("notifier", "select count(*) from deliveries")).ShouldBe(2 * crossings.Count);
        (await stack.Query<long>("notifier", "select count(*) from (select 1 from mt_events where type = 'alert-delivered' group by data->>'deliveryId' having count(*) > 1) doubled")).ShouldBe(0);
        var got = receiver.Received;
        got.ShouldAllBe(r => r.Ok == true && r.Status == 204);
        Guid[] IdsOf(WebhookReceiver.Delivery r) => [(Guid)r.Json["data"]!["id"]!, .. r.Json["data"]!["also"]!.AsArray().Select(a => (Guid)a!["id"]!)];
        got.SelectMany(IdsOf).Distinct().ShouldBe(crossings.Select(c => c.CrossingId), ignoreOrder: true);
        // What was under way when a process died may come again, under the same id: no more than a process has under way.
        var repeats = got.Count - got.Select(r => r.Id).Distinct().Count();
        output.WriteLine($"{got.Count} messages, {repeats} of them repeats after a kill.");
        repeats.ShouldBeLessThanOrEqualTo(4 * 256);
    }

    [Fact]
    public async Task Two_notifiers_tell_nothing_twice()
    {
        await using var stack = await Stack.Up(await Backends.Shared());
        await using var receiver = await WebhookReceiver.Start();
        await stack.Another("Notifier");
        var workspace = await Workspace.New(stack);
        await workspace.Webhook(receiver, "/twice");
        var crossings = Enumerable.Range(0, 500).Select(_ => Told.Crossing(workspace.Id, Guid.NewGuid(), 80)).ToList();
        await BusMessages.Publish(stack, [.. crossings]);
        await Until.Seen(() => stack.Query<long>("notifier", "select count(*) from deliveries where status = 'delivered'"), count => count == 1_000, "all deliveries", secondsMax: 180);
        receiver.Received.Select(r => (Guid)r.Json["data"]!["id"]!).ShouldBe(crossings.Select(c => c.CrossingId), ignoreOrder: true);
    }

    private static Task<long> Raised(Stack stack) => stack.Query<long>("notifier", "select count(*) from alerts");

    private static async Task<IReadOnlyList<Guid>> Make(Stack stack, Guid owner, WebhookReceiver receiver)
    {
        var ids = Enumerable.Range(0, WorkspacesMax).Select(_ => Guid.NewGuid()).ToList();
        await BusMessages.Publish(stack, [.. ids.SelectMany((id, n) => new object[]
        {
            new WorkspaceChanged { WorkspaceId = id, Slug = $"storm-{n}", Name = $"Storm {n}", TimeZones = [new(null, "UTC")], CreatedAt = DateTimeOffset.UtcNow, Version = 1 },
            new MemberChanged { WorkspaceId = id, UserId = owner, Role = "owner", Version = 1 },
        })]);
        await Until.Seen(
            () => stack.Query<long>("notifier", "select count(*) from directory where kind = 'member'"), count => count >= WorkspacesMax, "the workspaces", secondsMax: 180);
        // Only Notifier knows them, so a channel of theirs cannot be made through the front door.
        const string secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
        await receiver.Expect("/storm", secret);
        await using var source = stack.Database("notifier");
        await using var insert = source.CreateCommand(
            """
            with made as (select gen_random_uuid() as id, w from unnest($1) as w),
            c as (insert into channels (id, workspace_id, deleted, body) select id, w, false, jsonb_build_object(
                'id', id, 'workspaceId', w, 'type', 'webhook', 'builtIn', false, 'deleted', false, 'createdAt', now(), 'version', 1,
                'terms', jsonb_build_object('name', 'Storm', 'enabled', true)) from made)
            insert into channel_targets (channel_id, url, secret) select id, $2, $3 from made
            """);
        insert.Parameters.Add(new() { Value = ids.ToArray() });
        insert.Parameters.Add(new() { Value = receiver.Url("/storm").AbsoluteUri });
        insert.Parameters.Add(new() { Value = secret });
        await insert.ExecuteNonQueryAsync();
        return ids;
    }
}

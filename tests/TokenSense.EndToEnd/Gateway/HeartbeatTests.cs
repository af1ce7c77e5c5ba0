using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Gateway;

/// <summary>A gateway that falls silent can be told from one that was ended.</summary>
[Collection(nameof(SharedStack))]
public sealed class HeartbeatTests(SharedStack shared)
{
    private static readonly TimeSpan MoreThanOneBeat = TimeSpan.FromSeconds(12);

    [Fact]
    public async Task A_gateway_that_is_ended_says_so_and_one_that_is_killed_does_not()
    {
        await using var watcher = await Watcher.On(shared.Stack, "GatewayHeartbeat");
        await using var ended = await Start("ended");
        await using var killed = await Start("killed");
        await Until.Seen(() => Beats("ended"), beats => beats.Count >= 1, "a heartbeat");
        await Until.Seen(() => Beats("killed"), beats => beats.Count >= 1, "a heartbeat");
        await killed.Kill();
        await ended.End();
        await Until.Seen(() => Beats("ended"), beats => (bool)beats[^1]["stopping"]!, "a last heartbeat");
        var before = (await Beats("killed")).Count;
        await Task.Delay(MoreThanOneBeat);

        var (last, silent) = (await Beats("ended"), await Beats("killed"));
        last.Count(b => (bool)b["stopping"]!).ShouldBe(1);
        ((bool)last[^1]["stopping"]!, (long)last[^1]["waitingLines"]!).ShouldBe((true, 0L));
        silent.Count.ShouldBe(before);
        silent.ShouldAllBe(b => !(bool)b["stopping"]!);
        foreach (var one in new[] { last, silent }) one.Select(b => (Guid)b["gatewayEpoch"]!).Distinct().Count().ShouldBe(1);

        Task<List<JsonNode>> Beats(string gateway) => Task.FromResult(watcher.Seen.Where(b => (string?)b["gatewayId"] == gateway).ToList());
    }

    private Task<ServiceProcess> Start(string gateway) =>
        shared.Stack.Another("Gateway", new Dictionary<string, string> { ["TokenSense__GatewayId"] = gateway });
}

using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Alerts;

/// <summary>A gateway that dies without a word is told of; one that is stopped is not.</summary>
public sealed class GatewayWatchTests
{
    [Fact]
    public async Task A_killed_gateway_is_an_item_of_the_operator_until_it_is_back()
    {
        await using var stack = await Stack.Up(await Backends.Shared(), new Dictionary<string, string> { ["Notifier__GatewaySilentSeconds"] = "15" });
        var operators = await Until.Seen(
            () => stack.Query<Guid>("notifier", $"select coalesce((select workspace_id from directory where kind = 'workspace' limit 1), '{Guid.Empty}')"), id => id != Guid.Empty, "the operator's workspace");
        await Until.Seen(() => stack.Query<long>("notifier", "select count(*) from gateway_runs"), count => count == 1, "the gateway's heartbeat");
        await stack.Gateway.Kill();
        await Until.Seen(() => Silent(stack, operators), status => status == "open", "the item", secondsMax: 60);
        stack.Gateway.Launch();
        await Until.Seen(() => Silent(stack, operators), status => status == "resolved", "the item resolved", secondsMax: 60);
        (await stack.Query<long>("notifier", "select count(*) from alerts where kind = 'gateway_silent'")).ShouldBe(1);
        (await stack.Query<string>("notifier", "select scope_name from alerts where kind = 'gateway_silent'")).ShouldBe("default");
    }

    private static Task<string> Silent(Stack stack, Guid workspaceId) =>
        stack.Query<string>("notifier", $"select coalesce((select status from alerts where kind = 'gateway_silent' and workspace_id = '{workspaceId}' limit 1), 'none')");
}

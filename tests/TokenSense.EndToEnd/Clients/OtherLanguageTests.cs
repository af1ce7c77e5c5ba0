using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Clients;

/// <summary>A gateway that knows nothing of .NET reports over the broker.</summary>
[Collection(nameof(SharedStack))]
public sealed class OtherLanguageTests(SharedStack shared)
{
    [Fact]
    public async Task What_amqplib_publishes_as_plain_json_is_then_in_the_spend()
    {
        var workspace = await Workspace.New(shared.Stack);
        var key = await workspace.NewKey();
        var folder = Path.Combine(Repository.Root, "tests", "TokenSense.EndToEnd", "Clients", "node");
        await Command.NpmInstall(folder);

        var message = new JsonObject
        {
            ["gatewayId"] = "my-gateway",
            ["lines"] = new JsonArray(Reports.Line("node-1", key), Reports.Line("node-2", key, input: 5_000, output: 0)),
        };
        var published = await Command.Run("node", ["publish.mjs", shared.Stack.Backends.RabbitMq], folder, message.ToJsonString());
        published.ExitCode.ShouldBe(0, published.Output);
        (await workspace.UntilSpent(Reports.Cost(6_000, 100))).Workspace.ShouldBe(Reports.Cost(6_000, 100));
    }
}

using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Gateway;

/// <summary>A gateway whose credential names workspaces has nothing to do with any other.</summary>
[Collection(nameof(SharedStack))]
public sealed class LimitedGatewayTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task It_reports_for_its_workspaces_alone_over_HTTP_and_over_the_bus()
    {
        var (served, other) = (await Workspace.New(_stack), await Workspace.New(_stack));
        var (own, foreign) = (await served.NewKey(), await other.NewKey());
        var gateway = await OtherGateway.Admit(_stack, served.Id);
        var answer = await Reports.Http(_stack, new JsonArray(Reports.Line("http-own", own), Reports.Line("http-foreign", foreign)), gateway.Token);
        // As unknown as a key that does not exist.
        answer["results"]!.AsArray().Select(r => ((string?)r!["status"], (string?)r["code"])).ShouldBe([("accepted", null), ("pending", "UNKNOWN_KEY")]);

        await using var connection = await gateway.Connect();
        await using var channel = await connection.CreateChannelAsync(new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));
        await Reports.Publish(channel, [Reports.Line("bus-foreign", foreign), Reports.Line("bus-own", own)], gateway.Name);
        await served.UntilSpent(2 * Reports.Cost(1_000, 100));
        (await other.SpendNow()).Workspace.ShouldBe(0m);
    }

    [Fact]
    public async Task It_is_told_of_its_workspaces_alone()
    {
        var (served, other) = (await Workspace.New(_stack), await Workspace.New(_stack));
        var (project, _) = (await served.Project("Client"), await other.Project("Client"));
        var (own, foreign) = (await served.NewKey(project), await other.NewKey());
        foreach (var workspace in new[] { served, other }) await workspace.SetBudget(10m);
        var gateway = await OtherGateway.Admit(_stack, served.Id);

        var snapshot = await Until.Seen(() => Snapshot(gateway.Token), s => Ids(s, "keys", "keyId").Contains(own.Id) && Ids(s, "spend", "scopeId").Contains(served.Id), "its own key and budget");
        Ids(snapshot, "workspaces", "workspaceId").ShouldBe([served.Id]);
        Ids(snapshot, "projects", "projectId").ShouldBe([project]);
        Ids(snapshot, "keys", "keyId").ShouldBe([own.Id]);
        Ids(snapshot, "spend", "workspaceId").Distinct().ShouldBe([served.Id]);
        snapshot["limitedTo"]!.AsArray().Select(id => (Guid)id!).ShouldBe([served.Id]);
        snapshot.ToJsonString().ShouldNotContain(foreign.Sha256);

        // Messages on the bus are everyone's; a gateway that embeds the decision lets no other workspace's key pass.
        var process = await _stack.Another("Gateway", new Dictionary<string, string> { ["TokenSense__Token"] = gateway.Token, ["TokenSense__GatewayId"] = gateway.Name });
        (await Ask(process.Url, own)).ShouldBe(200);
        (await Ask(process.Url, foreign)).ShouldBe(401);
        var late = await other.NewKey();
        (await Ask(process.Url, late)).ShouldBe(401);
        await process.DisposeAsync();
    }

    [Fact]
    public async Task Workspaces_that_do_not_exist_cannot_be_named()
    {
        var http = await Workspace.SignedIn(_stack);
        var answer = await http.PostAsJsonAsync("/api/v1/gateways", new { name = "Not a name", workspaces = new[] { $"{Guid.NewGuid()}" } });
        ((int)answer.StatusCode).ShouldBe(400);
        JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["errors"]!.AsObject().Select(e => e.Key).ShouldBe(["name", "workspaces"]);
    }

    private async Task<JsonNode> Snapshot(string token)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await Workspace.Read(await http.GetAsync($"{_stack.Dashboard.Url}/api/v1/enforcement/snapshot"));
    }

    private static List<Guid> Ids(JsonNode snapshot, string list, string id) => [.. snapshot[list]!.AsArray().Select(item => (Guid)item![id]!)];

    private static async Task<int> Ask(string gateway, Workspace.Key key)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Secret);
        return (int)(await http.GetAsync($"{gateway}/v1/authorize")).StatusCode;
    }
}

using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Gateway;

/// <summary>A key that ends, ends within a second at every gateway. Each figure is from before the request that ends it to the last gateway's first 401.</summary>
[Collection(nameof(SharedStack))]
public sealed class GatewayKeyTests(SharedStack shared, ITestOutputHelper output)
{
    private static readonly HttpClient Http = new();
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task A_key_that_ends_in_whatever_way_is_refused_by_every_gateway_within_a_second()
    {
        var second = await _stack.Another("Gateway");
        string[] gateways = [_stack.Gateway.Url, second.Url];
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client");

        var revoked = await Allowed(workspace, gateways);
        await Ends("revoked", gateways, revoked, () => Do(workspace, HttpMethod.Delete, $"keys/{revoked.Id}"));

        var rotated = await Allowed(workspace, gateways);
        var fresh = "";
        await Ends("rotated without overlap", gateways, rotated, async () => fresh = (string)(await workspace.Post($"keys/{rotated.Id}/rotate", new { overlap_hours = 0 }))["secret"]!);
        foreach (var gateway in gateways) await Opens(gateway, fresh);

        var archived = await Allowed(workspace, gateways, project);
        await Ends("project archived", gateways, archived, () => Do(workspace, HttpMethod.Post, $"projects/{project}/archive"));

        var expiring = await Allowed(workspace, gateways);
        var at = DateTimeOffset.UtcNow.AddSeconds(5);
        await Do(workspace, HttpMethod.Patch, $"keys/{expiring.Id}", new { expires_at = at });
        await Ends("expired", gateways, expiring, async () =>
        {
            if (at - DateTimeOffset.UtcNow is { Ticks: > 0 } left) await Task.Delay(left);
        }, "API_KEY_EXPIRED");

        var last = await Allowed(workspace, gateways);
        await Ends("workspace deleted", gateways, last, () => Do(workspace, HttpMethod.Delete, ""));
        await second.DisposeAsync();
    }

    [Fact]
    public async Task An_old_secret_opens_its_key_until_its_overlap_has_passed_and_the_new_one_at_once()
    {
        var workspace = await Workspace.New(_stack);
        var key = await Allowed(workspace, [_stack.Gateway.Url]);
        var fresh = (string)(await workspace.Post($"keys/{key.Id}/rotate", new { overlap_hours = 1 }))["secret"]!;
        await Opens(_stack.Gateway.Url, fresh);
        (await Ask(_stack.Gateway.Url, key.Secret)).Status.ShouldBe(HttpStatusCode.OK);
        await Ends("an overlap that a second rotation took back", [_stack.Gateway.Url], key, () => workspace.Post($"keys/{key.Id}/rotate", new { overlap_hours = 0 }));
    }

    private async Task Ends(string how, string[] gateways, Workspace.Key key, Func<Task> end, string code = "INVALID_API_KEY")
    {
        var watch = Stopwatch.StartNew();
        var fromEnd = how == "expired";
        async Task<double> First401(string gateway)
        {
            for (; watch.ElapsedMilliseconds < 10_000; await Task.Delay(5))
            {
                var answer = await Ask(gateway, key.Secret);
                if (answer.Status == HttpStatusCode.OK) continue;
                answer.ShouldBe((HttpStatusCode.Unauthorized, code), how);
                return watch.Elapsed.TotalMilliseconds;
            }
            return double.PositiveInfinity;
        }
        var watched = gateways.Select(First401).ToList();
        await end();
        var done = watch.Elapsed.TotalMilliseconds;
        var ends = (await Task.WhenAll(watched)).Select(ms => fromEnd ? ms - done : ms).ToList();
        var said = $"{how}: {string.Join(", ", ends.Select(ms => $"{ms:0}"))} ms{(fromEnd ? " after its time" : $", answered after {done:0} ms")}";
        output.WriteLine(said);
        ends.Max().ShouldBeLessThan(1_000, said);
    }

    private static Task Opens(string gateway, string secret) => Until.Seen(() => Ask(gateway, secret), a => a.Status == HttpStatusCode.OK, "a call allowed with the new secret");

    private static async Task<Workspace.Key> Allowed(Workspace workspace, string[] gateways, Guid? project = null)
    {
        var key = await workspace.NewKey(project);
        foreach (var gateway in gateways) await Until.Seen(() => Ask(gateway, key.Secret), a => a.Status == HttpStatusCode.OK, "an allowed call");
        return key;
    }

    private static async Task<(HttpStatusCode Status, string? Code)> Ask(string gateway, string secret)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"{gateway}/v1/authorize");
        request.Headers.Authorization = new("Bearer", secret);
        using var answer = await Http.SendAsync(request);
        return (answer.StatusCode, (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())?["error"]?["code"]);
    }

    private static async Task Do(Workspace workspace, HttpMethod method, string path, object? body = null) =>
        await Workspace.Read(await workspace.Raw(method, path, body));
}

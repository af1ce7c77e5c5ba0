using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Alerts;
using TokenSense.EndToEnd.Gateway;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Access;

/// <summary>Content and secrets go in by every door, and are looked for wherever the system keeps or sends something. Every other stack is looked through at its end.</summary>
public sealed class ContentScanTests(ITestOutputHelper output)
{
    private const string PublishedByOthers = "\"published-by-others\"";
    private const string Prompt = "Tell nobody: " + ContentScan.PromptMark;

    [Fact]
    public async Task No_prompt_answer_or_secret_is_kept_or_told_anywhere()
    {
        await using var traces = TraceReceiver.Start();
        await using var receiver = await WebhookReceiver.Start();
        var stack = await Stack.Up(await Backends.Shared(), traces.Settings);
        var scan = new ContentScan();
        try
        {
            await using var bus = await BusRecord.Of(stack);
            var (workspace, project, key) = await Calls.Prepared(stack, projectBudgetUsd: 1m);
            await workspace.Webhook(receiver, "/scan");
            await CallModels(stack, key);
            await Misuse(stack, key);
            await ReportWithContent(stack, workspace, key);
            await UseSecrets(stack, workspace, key);
            // The budget is crossed, so that mail, webhook and alerts are there too.
            await workspace.UntilAlerts(a => a.Any(x => Told.Deliveries(x).Any(d => (string)d["status"]! == "delivered")), "an alert that was delivered");
            await Until.Seen(() => Task.FromResult(traces.Taken), t => t.Contains("/v1/chat/completions", StringComparison.Ordinal), "traces of the gateway");
            scan.Look("traces", traces.Taken);
            // What a publisher of its own adds to its lines passes by; it goes no further.
            foreach (var message in bus.Messages.Where(m => !m.Contains(PublishedByOthers, StringComparison.Ordinal))) scan.Look("bus", message);
            foreach (var told in receiver.Received) scan.Look("webhook", told.Json.ToJsonString());
            bus.Messages.Count.ShouldBeGreaterThan(20);
        }
        finally
        {
            // Databases, logs, journals and mail of all its services.
            await stack.DisposeAsync(scan);
        }
        output.WriteLine($"{scan.Places} places, {scan.Characters:#,0} characters: {scan.Found.Count} findings.");
    }

    [Theory]
    [InlineData("an API key ts_live_0123456789012345678901234567890123456789012345678 in a log")]
    [InlineData("{\"content\":\"Tell nobody: wozq\"}")]
    [InlineData("he said riverzq")]
    [InlineData("Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2ln")]
    [InlineData("password=correct horse battery staple")]
    [InlineData("authorization: sk-sim-openai")]
    public void The_scan_finds_what_it_looks_for(string kept)
    {
        var scan = new ContentScan();
        scan.Look("here", kept);
        scan.Found.Count.ShouldBe(1);
        Should.Throw<InvalidOperationException>(scan.ThrowIfFound).Message.ShouldStartWith("1 times content or secrets were kept");
    }

    private static async Task CallModels(Stack stack, Workspace.Key key)
    {
        var url = stack.Gateway.Url;
        (await Calls.Send(Calls.Chat(url, key.Secret))).Status.ShouldBe(HttpStatusCode.OK);
        (await Calls.Send(Calls.Chat(url, key.Secret, more: "\"stream\":true"))).Body.ShouldContain("zq");
        (await Calls.Send(Calls.Request($"{url}/v1/messages", key.Secret, "input=10;output=5", $$"""{"model":"claude-sonnet-4-5","system":"{{Prompt}}","messages":[{"role":"user","content":"{{Prompt}}"}],"max_tokens":50}""")))
            .Status.ShouldBe(HttpStatusCode.OK);
        // A key in the address, as Google's clients send it; with what a proxy would log of it.
        var gemini = new HttpRequestMessage(HttpMethod.Post, $"{url}/v1beta/models/gemini-2.5-pro:generateContent?key={key.Secret}")
        {
            Content = JsonContent.Create(new { contents = new[] { new { role = "user", parts = new[] { new { text = Prompt } } } } }),
        };
        gemini.Headers.Add("x-simulate", "input=10;output=5");
        var byGoogle = await Calls.Send(gemini);
        byGoogle.Status.ShouldBe(HttpStatusCode.OK, byGoogle.Body);
        // The provider's faults and refusals, streams that break, an answer that nobody waits for.
        foreach (var fault in new[] { "status=500", "status=400" }) await Calls.Send(Calls.Chat(url, key.Secret, fault));
        await Should.ThrowAsync<HttpRequestException>(() => Calls.Send(Calls.Chat(url, key.Secret, "input=10;output=30;chunks=5;fault=cut", "\"stream\":true")));
        await Calls.Abandon(stack, Calls.Chat(url, key.Secret, "input=10;output=30;delay_ms=3000"));
    }

    private static async Task Misuse(Stack stack, Workspace.Key key)
    {
        var url = stack.Gateway.Url;
        foreach (var body in new[] { $$"""{"model":"gpt-4o","messages":"{{Prompt}}""", $$"""{"model":"{{Prompt}}"}""", $$"""{"model":7,"messages":[{"content":"{{Prompt}}"}]}""", $"[\"{Prompt}\"]" })
            ((int)(await Calls.Send(Calls.Request($"{url}/v1/chat/completions", key.Secret, "", body))).Status).ShouldBeInRange(400, 499);
        // Of the right form, and nobody's.
        (await GatewayClient.Authorize(stack, null, path: $"/v1/authorize?key={key.Secret[..^7]}0000000")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        await GatewayClient.Authorize(stack, key.Secret, path: $"/v1/authorize/anything?q={Uri.EscapeDataString(Prompt)}&key={key.Secret}");
    }

    private static async Task ReportWithContent(Stack stack, Workspace workspace, Workspace.Key key)
    {
        var item = Reports.Line("with-content", key, 10, 5);
        item["prompt"] = Prompt;
        item["response"] = new JsonObject
        {
            ["model"] = "gpt-4o", ["choices"] = new JsonArray(new JsonObject { ["message"] = new JsonObject { ["content"] = "amberzq riverzq" } }),
            ["usage"] = new JsonObject { ["prompt_tokens"] = 10, ["completion_tokens"] = 5 },
        };
        item.Remove("usage");
        item["api_flavor"] = "chat";
        await Reports.Http(stack, new[] { item });
        var rejected = Reports.Line("published-by-others", key, 10, 5);
        (rejected["time"], rejected["messages"]) = ("2001-01-01T00:00:00Z", Prompt);
        await Reports.Publish(stack, [rejected]);
        await Until.Seen(() => workspace.Get("rejected"), r => r["data"]!.AsArray().Count == 1, "the rejected line");
        // Enough to cross the budget.
        await Reports.Publish(stack, [Reports.Line("crosses", key, 1_000, 100)]);
    }

    private static async Task UseSecrets(Stack stack, Workspace workspace, Workspace.Key key)
    {
        using var anybody = new HttpClient { BaseAddress = new Uri(stack.Dashboard.Url) };
        // What people type into the wrong field, and bodies that are no JSON.
        await anybody.PostAsJsonAsync("/api/v1/auth/token", new { email = Stack.OwnerPassword, password = Stack.OwnerPassword });
        await anybody.PostAsync("/api/v1/auth/token", new StringContent($$"""{"email":"owner@example.com","password":"{{Stack.OwnerPassword}}"""));
        await anybody.GetAsync($"/api/v1/workspaces/{key.Secret}/keys?token={key.Secret}");
        await workspace.Post($"keys/{key.Id}/rotate", new { overlap_hours = 0 });
        await workspace.Post("tokens", new { name = "automation", role = "viewer" });
        // The mails that must hold a one-time token, which stand nowhere else.
        await workspace.Post("members", new { email = "invited@example.com", role = "viewer" });
        await anybody.PostAsJsonAsync("/api/v1/auth/password/reset", new { email = Stack.OwnerEmail });
        using var owner = await Workspace.SignedIn(stack);
        await owner.PostAsJsonAsync("/api/v1/gateways", new { name = $"scan-{Guid.NewGuid():N}"[..20] });
    }
}

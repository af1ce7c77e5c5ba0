using System.Net;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Api;

/// <summary>Every error names where it is explained, and it is explained there.</summary>
[Collection(nameof(SharedStack))]
public sealed class GuideTests(SharedStack shared) : IDisposable
{
    private readonly Stack _stack = shared.Stack;
    private readonly HttpClient _http = new() { BaseAddress = new Uri(shared.Stack.Dashboard.Url) };

    [Fact]
    public async Task A_refused_key_and_a_used_up_budget_are_explained_where_the_gateway_says()
    {
        await Follow(await GatewayClient.Authorize(_stack, "ts_live_nobodys"), HttpStatusCode.Unauthorized, "invalid_api_key");

        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        await workspace.SetBudget(0);
        await Follow(await GatewayClient.UntilCode(_stack, key.Secret, "BUDGET_EXCEEDED"), HttpStatusCode.PaymentRequired, "budget_exceeded");
    }

    [Fact]
    public async Task A_problem_of_the_management_api_is_explained_at_its_type()
    {
        var workspace = await Workspace.New(_stack);
        await Follow(await workspace.Raw(HttpMethod.Get, "budget"), HttpStatusCode.NotFound, "no_budget");
        await Follow(await workspace.Raw(HttpMethod.Put, "budget", new { amount_usd = -1 }), HttpStatusCode.BadRequest, "invalid_request");
        await Follow(await _http.GetAsync($"/api/v1/workspaces/{workspace.Slug}/spend"), HttpStatusCode.Unauthorized, "unauthenticated");
        await Follow(await _http.GetAsync("/api/v1/nothing-here"), HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task A_page_runs_nothing_and_may_be_kept_and_an_unknown_one_is_not_found()
    {
        var page = await _http.GetAsync("/docs/budgets");
        (page.StatusCode, page.Content.Headers.ContentType!.MediaType).ShouldBe((HttpStatusCode.OK, "text/html"));
        page.Headers.GetValues("Content-Security-Policy").Single().ShouldStartWith("default-src 'none'; style-src 'sha256-");
        page.Headers.CacheControl!.Public.ShouldBeTrue();
        var again = new HttpRequestMessage(HttpMethod.Get, "/docs/budgets") { Headers = { IfNoneMatch = { page.Headers.ETag! } } };
        (await _http.SendAsync(again)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await _http.GetAsync("/docs/nowhere")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await _http.GetStringAsync("/")).ShouldContain("href=\"/docs\"");
    }

    public void Dispose() => _http.Dispose();

    private async Task Follow(GatewayClient.Answer refused, HttpStatusCode status, string code)
    {
        refused.Status.ShouldBe(status, refused.ToString());
        await Explained(new Uri((string)refused.Body["error"]!["doc_url"]!), code);
    }

    private async Task Follow(HttpResponseMessage refused, HttpStatusCode status, string code)
    {
        refused.StatusCode.ShouldBe(status);
        refused.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var type = (string)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["type"]!;
        await Explained(new Uri(refused.RequestMessage!.RequestUri!, type), code);
    }

    private async Task Explained(Uri address, string code)
    {
        address.Fragment.ShouldBe($"#{code}");
        (await _http.GetStringAsync(address)).ShouldContain($"<h3 id=\"{code}\">{code.ToUpperInvariant()}</h3>");
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Api;

/// <summary><c>Idempotency-Key</c> of the management API: whoever got no answer asks again, and it is done once.</summary>
[Collection(nameof(SharedStack))]
public sealed class RepeatedWriteTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task The_same_request_again_gets_the_same_answer_and_makes_one_thing()
    {
        var workspace = await Workspace.New(_stack);
        using var http = await Workspace.SignedIn(_stack);
        var projects = $"workspaces/{workspace.Slug}/projects";
        var first = await Send(http, HttpMethod.Post, projects, "one", new { name = "Client" });
        var again = await Send(http, HttpMethod.Post, projects, "one", new { name = "Client" });
        (first.Status, again.Status, again.Body, again.IsReplay, first.IsReplay).ShouldBe((HttpStatusCode.Created, HttpStatusCode.Created, first.Body, true, false));
        again.Location.ShouldBe(first.Location);
        (await workspace.Get("projects"))["data"]!.AsArray().Count.ShouldBe(1);
        (await Send(http, HttpMethod.Post, projects, "two", new { name = "Client" })).Body.ShouldNotBe(first.Body);
        (await workspace.Get("projects"))["data"]!.AsArray().Count.ShouldBe(2);

        // Another body, or another caller, is another matter.
        var other = await Send(http, HttpMethod.Post, projects, "one", new { name = "Other" });
        (other.Status, JsonNode.Parse(other.Body)!["errors"]?["idempotency-key"]?[0]?.ToString()).ShouldBe((HttpStatusCode.BadRequest, "was used with another request"), other.Body);
        using var admin = await Somebody.Join(workspace, "admin");
        using var theirs = new HttpClient { BaseAddress = http.BaseAddress, DefaultRequestHeaders = { Authorization = new("Bearer", (string)admin.Session["access_token"]!) } };
        await Until.Seen(() => admin.Get(projects), _ => true, "the admin's role");
        (await Send(theirs, HttpMethod.Post, projects, "one", new { name = "Client" })).IsReplay.ShouldBeFalse();
    }

    [Fact]
    public async Task A_secret_is_shown_again_to_who_asks_again_and_is_kept_nowhere_in_the_clear()
    {
        var workspace = await Workspace.New(_stack);
        using var http = await Workspace.SignedIn(_stack);
        var name = $"{Guid.NewGuid()}";
        var made = await Send(http, HttpMethod.Post, $"workspaces/{workspace.Slug}/keys", name, new { name = "key" });
        var secret = (string)JsonNode.Parse(made.Body)!["secret"]!;
        // A replica, or the next process: what is kept is in the database.
        await using (var another = await _stack.Another("KeyRegistry"))
        {
            using var there = new HttpClient { BaseAddress = new Uri(another.Url), DefaultRequestHeaders = { Authorization = http.DefaultRequestHeaders.Authorization } };
            (await Send(there, HttpMethod.Post, $"workspaces/{workspace.Slug}/keys", name, new { name = "key" })).Body.ShouldBe(made.Body);
        }
        (await workspace.Get("keys"))["data"]!.AsArray().Count.ShouldBe(1);
        foreach (var text in new[] { secret, name, Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(secret)) })
            (await _stack.Mentions("keyregistry", text)).ShouldBe(0);
    }

    [Fact]
    public async Task Of_many_at_once_one_is_done_and_the_others_wait_or_get_its_answer()
    {
        var workspace = await Workspace.New(_stack);
        using var http = await Workspace.SignedIn(_stack);
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Send(http, HttpMethod.Post, $"workspaces/{workspace.Slug}/channels", "at once", new { type = "email", name = "Ops", address = "ops@example.com" })));
        answers.ShouldAllBe(a => a.Status == HttpStatusCode.Created || (a.Status == HttpStatusCode.Conflict && a.Body.Contains("DUPLICATE_REQUEST")));
        answers.Where(a => a.Status == HttpStatusCode.Created).Select(a => a.Body).Distinct().ShouldHaveSingleItem();
        (await workspace.Get("channels"))["data"]!.AsArray().Count(c => (string)c!["name"]! == "Ops").ShouldBe(1);
    }

    [Fact]
    public async Task What_was_refused_may_be_tried_again_and_a_claim_whose_process_died_ends()
    {
        var workspace = await Workspace.New(_stack);
        using var http = await Workspace.SignedIn(_stack);
        var budget = $"workspaces/{workspace.Slug}/budget";
        (await Send(http, HttpMethod.Put, budget, "n", new { amount_usd = -1 })).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await Send(http, HttpMethod.Put, budget, "n", new { amount_usd = 7 })).Status.ShouldBe(HttpStatusCode.OK);
        (await Send(http, HttpMethod.Delete, budget, "gone")).Status.ShouldBe(HttpStatusCode.NoContent);
        (await Send(http, HttpMethod.Delete, budget, "gone")).ShouldBe(new(HttpStatusCode.NoContent, "", null, true));

        await _stack.Execute("budgets", "update repeated_writes set answer = null");
        (await Send(http, HttpMethod.Put, budget, "n", new { amount_usd = 7 })).Status.ShouldBe(HttpStatusCode.Conflict);
        await _stack.Execute("budgets", "update repeated_writes set at = at - interval '3 minutes'");
        var later = await Send(http, HttpMethod.Put, budget, "n", new { amount_usd = 7 });
        (later.Status, later.IsReplay).ShouldBe((HttpStatusCode.OK, false));
        foreach (var wrong in new[] { "", new string('x', 256) }) (await Send(http, HttpMethod.Put, budget, wrong, new { amount_usd = 7 })).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static async Task<Answer> Send(HttpClient http, HttpMethod method, string path, string name, object? body = null)
    {
        var request = new HttpRequestMessage(method, $"/api/v1/{path}") { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", name);
        using var answer = await http.SendAsync(request);
        return new(answer.StatusCode, await answer.Content.ReadAsStringAsync(), answer.Headers.Location?.OriginalString, answer.Headers.Contains("Idempotent-Replayed"));
    }

    private sealed record Answer(HttpStatusCode Status, string Body, string? Location, bool IsReplay);
}

using System.Net;
using Shouldly;
using TokenSense.EndToEnd.Alerts;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.People;

/// <summary>A session ends when its person says so, everywhere.</summary>
[Collection(nameof(SharedStack))]
public sealed class SessionTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task Signed_out_is_signed_out_at_every_service_within_a_second()
    {
        var workspace = await Workspace.New(_stack);
        using var owner = await SignIn();
        using var stays = await SignIn();
        var paths = new[] { "auth/me", $"workspaces/{workspace.Slug}/spend", $"workspaces/{workspace.Slug}/usage", $"workspaces/{workspace.Slug}/alerts" };
        foreach (var path in paths) (await owner.Send(HttpMethod.Get, path)).StatusCode.ShouldBe(HttpStatusCode.OK, path);

        (await owner.Send(HttpMethod.Post, "auth/sign-out")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await Task.WhenAll(paths.Select(path => Until.Seen(async () => (await owner.Send(HttpMethod.Get, path)).StatusCode, status => status == HttpStatusCode.Unauthorized, path, secondsMax: 5)));
        TestContext.Current.TestOutputHelper!.WriteLine($"signed out everywhere after {watch.ElapsedMilliseconds} ms");
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(1));
        foreach (var path in paths) (await stays.Send(HttpMethod.Get, path)).StatusCode.ShouldBe(HttpStatusCode.OK, path);
        (await Refusal.Of(await Renew(owner.Refresh))).ShouldBe((401, "SESSION_ENDED"));
    }

    [Fact]
    public async Task A_stream_that_is_open_shows_nothing_more_to_whoever_was_signed_out()
    {
        var workspace = await Workspace.New(_stack);
        using var owner = await SignIn();
        await using var feed = await AlertFeed.Open(workspace, token: (string)owner.Session["access_token"]!);
        await BusMessages.Publish(_stack, Told.Crossing(workspace.Id, Guid.NewGuid(), 80));
        await Until.Seen(() => Task.FromResult(feed.Seen.Count), count => count > 0, "the alert");
        (await owner.Send(HttpMethod.Post, "auth/sign-out")).EnsureSuccessStatusCode();
        await Until.Seen(async () => (await owner.Send(HttpMethod.Get, $"workspaces/{workspace.Slug}/alerts")).StatusCode, status => status == HttpStatusCode.Unauthorized, "the end in Notifier");
        var later = Told.Crossing(workspace.Id, Guid.NewGuid(), 80);
        await BusMessages.Publish(_stack, later);
        await Until.Seen(() => Task.FromResult(feed.IsOver), over => over, "the end of the stream", secondsMax: 10);
        feed.Seen.ShouldAllBe(alert => (Guid)alert["id"]! != later.CrossingId);
    }

    [Fact]
    public async Task A_refresh_token_is_for_one_use_and_a_lost_answer_signs_nobody_out()
    {
        using var owner = await SignIn();
        ((int)owner.Session["expires_in"]!, (string)owner.Session["token_type"]!).ShouldBe((900, "Bearer"));
        var first = owner.Refresh;
        await owner.Renew(_stack);
        owner.Refresh.ShouldNotBe(first);
        // Two tabs, in one moment.
        var tabs = await Task.WhenAll(Renew(owner.Refresh), Renew(owner.Refresh));
        tabs.ShouldAllBe(a => a.StatusCode == HttpStatusCode.OK);
        tabs[0].Headers.CacheControl!.NoStore.ShouldBeTrue();
        foreach (var tab in tabs) (await Renew((string)(await Workspace.Read(tab))["refresh_token"]!)).EnsureSuccessStatusCode();
        (await owner.Send(HttpMethod.Get, "auth/me")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_used_refresh_token_shown_later_ends_its_session_for_everyone()
    {
        using var owner = await SignIn();
        var first = owner.Refresh;
        await owner.Renew(_stack);
        await _stack.Execute("keyregistry", $"update refresh_tokens set used_at = now() - interval '31 seconds' where session_id = '{await SessionOf(owner)}' and used_at is not null");
        (await Refusal.Of(await Renew(first))).ShouldBe((401, "SESSION_ENDED"));
        (await owner.Send(HttpMethod.Get, "auth/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await Refusal.Of(await Renew(owner.Refresh))).ShouldBe((401, "SESSION_ENDED"));
    }

    [Fact]
    public async Task A_person_sees_their_sessions_and_ends_another_one()
    {
        using var person = await Somebody.Join(await Workspace.New(_stack), "viewer");
        using var other = await Somebody.SignIn(_stack, person.Email, Somebody.Password);
        using var stranger = await Somebody.Join(await Workspace.New(_stack), "viewer");
        var list = (await person.Get("auth/sessions"))["data"]!.AsArray();
        list.Select(s => ((bool)s!["current"]!, (string)s["user_agent"]!)).ShouldBe([(true, "somebody/1.0"), (false, "somebody/1.0")], ignoreOrder: true);
        list.ShouldAllBe(s => IPAddress.IsLoopback(IPAddress.Parse((string)s!["address"]!)));

        var id = list.Single(s => !(bool)s!["current"]!)!["id"];
        (await Refusal.Of(await stranger.Send(HttpMethod.Delete, $"auth/sessions/{id}"))).ShouldBe((404, "NOT_FOUND"));
        (await person.Send(HttpMethod.Delete, $"auth/sessions/{id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await other.Send(HttpMethod.Get, "auth/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await person.Get("auth/sessions"))["data"]!.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_idle_session_is_over_and_tokens_of_sessions_are_kept_nowhere()
    {
        using var owner = await SignIn();
        foreach (var token in new[] { owner.Refresh, (string)owner.Session["access_token"]! }) (await _stack.Mentions("keyregistry", token)).ShouldBe(0);
        await _stack.Execute("keyregistry", $"update sessions set last_used_at = now() - interval '14 days' where id = '{await SessionOf(owner)}'");
        (await Refusal.Of(await Renew(owner.Refresh))).ShouldBe((401, "SESSION_ENDED"));
    }

    [Fact]
    public async Task A_changed_name_is_told_and_an_unknown_grant_is_refused()
    {
        var workspace = await Workspace.New(_stack);
        using var person = await Somebody.Join(workspace, "viewer");
        (await person.Send(HttpMethod.Patch, "auth/me", new { name = "Renamed" })).EnsureSuccessStatusCode();
        ((string)(await person.Get("auth/me"))["name"]!).ShouldBe("Renamed");
        (await workspace.Get("members"))["data"]!.AsArray().Select(m => (string?)m!["name"]).ShouldContain("Renamed");
        await Until.Seen(() => _stack.Query<long>("notifier", $"select count(*) from directory where kind = 'person' and body->>'name' = 'Renamed' and body->>'email' = '{person.Email}'"), count => count == 1, "the name");
        (await Refusal.Of(await Somebody.Call(_stack, "auth/token", new { grant_type = "magic" }))).ShouldBe((400, "INVALID_REQUEST"));
    }

    private Task<Somebody> SignIn() => Somebody.SignIn(_stack, Stack.OwnerEmail, Stack.OwnerPassword);

    private Task<HttpResponseMessage> Renew(string token) => Somebody.Call(_stack, "auth/token", new { grant_type = "refresh_token", refresh_token = token });

    // Whoever signs in for every test has very many.
    private static async Task<string> SessionOf(Somebody who)
    {
        for (var cursor = ""; ;)
        {
            var page = await who.Get($"auth/sessions?limit=200{cursor}");
            if (page["data"]!.AsArray().SingleOrDefault(s => (bool)s!["current"]!) is { } current) return (string)current["id"]!;
            cursor = $"&cursor={(string)page["next_cursor"]!}";
        }
    }
}

using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.EndToEnd.Alerts;
using TokenSense.EndToEnd.Running;
using TokenSense.ServiceDefaults.Access;
using Xunit;

namespace TokenSense.EndToEnd.Access;

/// <summary>Nothing tells one workspace of another's things: "not yours" and "not there" are the same answer, to the byte.</summary>
[Collection(nameof(SharedStack))]
public sealed class TenancyTests(SharedStack shared, TenancyTests.Neighbours neighbours) : IClassFixture<TenancyTests.Neighbours>
{
    private const int AtOnce = 40;
    private readonly Stack _stack = shared.Stack;

    private Tenant Theirs => neighbours.Theirs;
    private Scene Ours => neighbours.Ours;
    private string Person => Theirs.Owner.Account!.Id.ToString();

    [Fact]
    public async Task A_workspace_of_others_is_no_different_from_one_that_is_not_there()
    {
        var pairs = new List<Pair>();
        foreach (var (rule, example) in Examples.Known.Where(known => known.Rule.Need == AccessNeed.InWorkspace))
        {
            var given = await example.Make(Theirs.Scene, Theirs.Owner);
            foreach (var who in neighbours.Outsiders)
                foreach (var (theirs, none) in new[] { (Theirs.Workspace.Id.ToString(), Guid.CreateVersion7().ToString()), (Theirs.Workspace.Slug, Nowhere()) })
                    pairs.Add(new($"{Examples.NameOf(rule)} as {who.Name}", who, given.Of(rule, theirs), (given with { Route = Random(given.Route) }).Of(rule, none)));
        }
        await Same(pairs, answer => answer.Status == 404);
    }

    [Fact]
    public async Task A_thing_of_others_is_no_different_from_one_that_is_not_there()
    {
        var pairs = new List<Pair>();
        foreach (var (rule, example) in Examples.Known.Where(known => known.Rule.Need == AccessNeed.InWorkspace))
        {
            var given = await example.Make(Theirs.Scene, Theirs.Owner);
            foreach (var name in given.Route.Select(value => value.Name))
                foreach (var who in neighbours.Members)
                {
                    pairs.Add(new($"{Examples.NameOf(rule)} by {name} as {who.Name}", who, given.Of(rule, Ours.Workspace.Slug), (given with { Route = Random(given.Route, name) }).Of(rule, Ours.Workspace.Slug)));
                    if (name != "project") continue;
                    (string, object)[] At(string slug) => [(name, slug)];
                    pairs.Add(new($"{Examples.NameOf(rule)} by slug as {who.Name}", who, (given with { Route = At(Theirs.ProjectSlug) }).Of(rule, Ours.Workspace.Slug), (given with { Route = At(Nowhere()) }).Of(rule, Ours.Workspace.Slug)));
                }
        }
        pairs.Count.ShouldBeGreaterThan(40);
        await Same(pairs, answer => answer.Status == 404);
    }

    [Fact]
    public async Task A_thing_of_others_named_in_a_body_or_a_query_is_no_different_from_one_that_is_not_there()
    {
        var us = $"/workspaces/{Ours.Workspace.Slug}";
        var channel = await Ours.Channel();
        var reporting = (await Ours.Secret(scopes: ["report"])).Secret;
        var gateway = (await Ours.Gateway(Ours.Workspace)).Secret;
        var pairs = new List<Pair>();
        foreach (var who in neighbours.Members)
        {
            void Add(string what, Func<object, Call> call, object theirs, object none) => pairs.Add(new($"{what} as {who.Name}", who, call(theirs), call(none)));
            foreach (var (theirs, none) in new (object, object)[] { (Theirs.Project, Guid.CreateVersion7()), (Theirs.ProjectSlug, Nowhere()) })
            {
                Add("a key for a project", project => new("POST", $"{us}/keys", new { name = "key", project }), theirs, none);
                Add("usage of a project", project => new("GET", $"{us}/usage?project={project}"), theirs, none);
                Add("days of a project", project => new("GET", $"{us}/usage?group_by=day&project={project}"), theirs, none);
                Add("a project's export", project => new("GET", $"{us}/export?project={project}"), theirs, none);
                foreach (var (method, path) in new[] { ("POST", "channels"), ("PATCH", $"channels/{channel}") })
                    Add($"{method} {path} that watches a project", id => new(method, $"{us}/{path}", new { type = "email", name = "channel", address = "ops@example.com", budgets = new[] { new { scope = "project", id } } }), theirs, none);
                Add("usage reported for a project", project => Item("one", new { project }), theirs, none);
            }
            foreach (var (filter, theirs) in new[] { ("subject=", $"{Theirs.Project}"), ("subject=", $"{Theirs.Key.Id}"), ("subject=", Person), ("actor=", Person), ("actor=user:", Person) })
                Add($"changes by {filter}{theirs}", id => new("GET", $"{us}/audit?{filter}{id}"), theirs, Guid.CreateVersion7());
            Add("who somebody is", id => new("GET", $"{us}/audit/people?id={id}"), Person, Guid.CreateVersion7());
            Add("usage of a key", key => new("GET", $"{us}/usage?key={key}"), Theirs.Key.Id, Guid.CreateVersion7());
            Add("a channel that watches a key", id => new("POST", $"{us}/channels", new { type = "email", name = "channel", address = "ops@example.com", budgets = new[] { new { scope = "key", id } } }), Theirs.Key.Id, Guid.CreateVersion7());
        }
        foreach (var who in neighbours.Members.Concat(neighbours.Outsiders))
        {
            pairs.Add(new($"the end of a session as {who.Name}", who, new("DELETE", $"/auth/sessions/{Theirs.Owner.Account!.Session}"), new("DELETE", $"/auth/sessions/{Guid.CreateVersion7()}")));
            pairs.Add(new($"the installation's changes by actor as {who.Name}", who, new("GET", $"/audit?actor={Theirs.Key.Id}"), new("GET", $"/audit?actor={Guid.CreateVersion7()}")));
            if (who.Standing == Standing.Operator) continue;
            pairs.Add(new($"the end of a person as {who.Name}", who, new("DELETE", $"/people/{Person}"), new("DELETE", $"/people/{Guid.CreateVersion7()}")));
            pairs.Add(new($"who somebody is, of the installation, as {who.Name}", who, new("GET", $"/audit/people?id={Person}"), new("GET", $"/audit/people?id={Guid.CreateVersion7()}")));
        }
        foreach (var (name, token) in new[] { ("a key that reports", reporting), ("a gateway of ours", gateway) })
        {
            var who = new Actor(name, $"Bearer {token}", Standing.Key);
            pairs.Add(new($"usage for a key by id from {name}", who, Item("two", new { key_id = Theirs.Key.Id }), Item("two", new { key_id = Guid.CreateVersion7() })));
            pairs.Add(new($"usage for a key by hash from {name}", who, Item("three", new { key_sha256 = Theirs.Key.Sha256 }), Item("three", new { key_sha256 = Secret.Hash(Secret.New(Secret.ApiKey)) })));
            pairs.Add(new($"wrong usage for a key from {name}", who, Item("four", new { key_id = Theirs.Key.Id, cost_usd = -1 }), Item("four", new { key_id = Guid.CreateVersion7(), cost_usd = -1 })));
            foreach (var (theirs, none) in new[] { (Theirs.Project.ToString(), Guid.CreateVersion7().ToString()), (Theirs.ProjectSlug, Nowhere()) })
                pairs.Add(new($"usage for a project from {name}", who, Item("five", new { project = theirs }), Item("five", new { project = none })));
        }
        await Same(pairs, _ => true);

        static Call Item(string id, object more)
        {
            var item = JsonSerializer.SerializeToNode(new { id, time = Time, provider = "openai", model = "gpt-4o", usage = new { input_tokens = 1, output_tokens = 1 } })!.AsObject();
            foreach (var (name, value) in JsonSerializer.SerializeToNode(more)!.AsObject()) item[name] = value?.DeepClone();
            return new("POST", "/usage", item);
        }
    }

    [Fact]
    public async Task A_gateway_asked_for_anothers_project_answers_as_for_one_that_is_not_there()
    {
        var ours = (await Ours.Workspace.NewKey()).Secret;
        await GatewayClient.UntilCode(_stack, ours, null);
        foreach (var (theirs, none) in new[] { (Theirs.Project.ToString(), Guid.CreateVersion7().ToString()), (Theirs.ProjectSlug, Nowhere()) })
        {
            var (yours, nothing) = (await GatewayClient.Authorize(_stack, ours, theirs), await GatewayClient.Authorize(_stack, ours, none));
            yours.Status.ShouldNotBe(HttpStatusCode.OK);
            yours.ToString().Replace(theirs, "…", StringComparison.Ordinal).ShouldBe(nothing.ToString().Replace(none, "…", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task No_list_report_file_or_thing_of_one_workspace_holds_anything_of_another()
    {
        var secrets = await Theirs.Secrets();
        // An operator knows everybody of the installation, whoever made or left this workspace too.
        var everybody = (await _stack.Query<string>("keyregistry", "select string_agg(id, ' ') from directory where kind = 'person'")).Split(' ').Concat(Theirs.People).ToList();
        var read = 0;
        foreach (var who in neighbours.Members.Concat(neighbours.Outsiders))
            foreach (var (what, answer) in await Tenant.Everything(_stack, Ours.Workspace.Slug, who))
            {
                read++;
                var known = who.Standing == Standing.Operator && (what.StartsWith("GET /people", StringComparison.Ordinal) || what.StartsWith("GET /audit", StringComparison.Ordinal)) ? everybody : [];
                secrets.Except(known).Where(secret => answer.Body.Contains(secret, StringComparison.OrdinalIgnoreCase) || answer.Headers.Contains(secret, StringComparison.OrdinalIgnoreCase))
                    .ShouldBeEmpty($"{what} as {who.Name}");
            }
        TestContext.Current.TestOutputHelper!.WriteLine($"{read} answers hold none of {secrets.Count} marks and ids");
    }

    [Fact]
    public async Task A_stream_from_its_beginning_tells_of_its_own_workspace_alone()
    {
        await BusMessages.Publish(_stack, Told.Crossing(Theirs.Workspace.Id, Theirs.Project, 100));
        await Theirs.Workspace.UntilAlerts(alerts => alerts.Any(a => (int?)a["threshold"] == 100), "their alert");
        await using var feed = await AlertFeed.Open(Ours.Workspace, "0");
        var own = await Ours.Alert();
        await Until.Seen(() => Task.FromResult(feed.Seen.Any(a => (Guid)a["id"]! == own)), seen => seen, "our alert");
        var told = string.Join('\n', feed.Seen.Select(a => a.ToJsonString()));
        (await Theirs.Secrets()).Where(secret => told.Contains(secret, StringComparison.OrdinalIgnoreCase)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_project_may_have_the_slug_of_anothers_project()
    {
        foreach (var given in new object[] { new { name = "Ours", slug = Theirs.ProjectSlug }, new { name = $"{Theirs.Mark} client" } })
            ((string)(await (await Workspace.New(_stack)).Post("projects", given))["slug"]!).ShouldBe(Theirs.ProjectSlug);
    }

    [Fact]
    public async Task A_new_workspace_tells_by_its_slug_nothing_of_others_with_its_name()
    {
        var (name, somebody) = ($"zq{Guid.NewGuid():N}"[..14], $"Bearer {Ours.Tokens.For(Guid.CreateVersion7())}");
        foreach (var _ in new[] { "the first", "one more" })
            ((string)(await Wire.Send(_stack.Dashboard.Url, new("POST", "/workspaces", new { name }), somebody)).Json["slug"]!).ShouldMatch($"^{name}-[a-z0-9]{{6}}$");
        var chosen = await Wire.Each([Theirs.Workspace.Slug, Nowhere()], 1, slug => Wire.Send(_stack.Dashboard.Url, new("POST", "/workspaces", new { name, slug }), somebody));
        chosen[0].ShouldBe(chosen[1]);
    }

    [Fact]
    public async Task What_a_gateway_reports_wrongly_of_a_workspace_that_it_does_not_serve_is_told_to_nobody_there()
    {
        await using var told = await Watcher.On(_stack, "UsageRejected");
        var (id, _) = await Ours.Gateway(Ours.Workspace);
        var name = await _stack.Query<string>("metering", $"select slug from directory where kind = 'credential' and id = '{id}'");
        JsonObject Wrong(string line, Workspace.Key key)
        {
            var wrong = Reports.Line(line, key);
            wrong["usage"]!.AsObject().Remove("outputTokens");
            return wrong;
        }
        await Reports.Publish(_stack, [Wrong("of theirs", Theirs.Key), Wrong("of nobody", new(Guid.CreateVersion7(), Secret.New(Secret.ApiKey)))], name);
        await Until.Seen(() => Task.FromResult(told.Seen.Count(r => (string?)r["gatewayId"] == name)), count => count == 2, "two rejected lines");
        var (theirs, nobodys) = (Of("of theirs"), Of("of nobody"));
        theirs.ShouldBe(nobodys);
        (await Theirs.Workspace.Get("rejected?limit=200"))["data"]!.AsArray().ShouldNotContain(kept => (string)kept!["usage_id"]! == "of theirs");

        string Of(string line) => string.Join(' ', told.Seen.Single(r => (string?)r["id"] == line).AsObject()
            .Where(member => member.Key is not ("id" or "index" or "at")).Select(member => $"{member.Key}={member.Value?.ToJsonString()}"));
    }

    private static readonly DateTimeOffset Time = DateTimeOffset.UtcNow;

    private static string Nowhere() => $"zq{Guid.NewGuid():N}"[..14] + "-client";

    // Of all parameters, or of one.
    private static (string Name, object Value)[] Random((string Name, object Value)[] route, string? only = null) =>
        [.. route.Select(value => only is not null && value.Name != only ? value : (value.Name, value.Value is Guid ? Guid.CreateVersion7() : Nowhere()))];

    private async Task Same(IReadOnlyList<Pair> pairs, Func<Answer, bool> isExpected)
    {
        var before = await Fingerprint.OnceStill(Theirs.Workspace);
        var differences = await Wire.Each(pairs, AtOnce, async pair =>
        {
            var (theirs, none) = (await Wire.Send(_stack.Dashboard.Url, pair.NotYours, pair.Who.Authorization), await Wire.Send(_stack.Dashboard.Url, pair.NotThere, pair.Who.Authorization));
            return theirs == none && isExpected(theirs) ? null : $"{pair.What}: {pair.NotYours.Path} {theirs} {theirs.Headers} {theirs.Body}\n  {pair.NotThere.Path} {none} {none.Headers} {none.Body}";
        });
        TestContext.Current.TestOutputHelper!.WriteLine($"{pairs.Count} pairs of calls, {differences.Count(d => d is not null)} differ");
        string.Join('\n', differences.OfType<string>()).ShouldBeEmpty();
        (await Fingerprint.OnceStill(Theirs.Workspace)).Except(before).ShouldBeEmpty("what others' calls changed");
    }

    private sealed record Pair(string What, Actor Who, Call NotYours, Call NotThere);

    /// <summary>Two workspaces, and those who have to do with the second alone, or with none.</summary>
    public sealed class Neighbours(SharedStack shared) : IAsyncLifetime
    {
        internal Tenant Theirs { get; private set; } = null!;
        internal Scene Ours { get; private set; } = null!;
        internal IReadOnlyList<Actor> Members { get; private set; } = null!;
        internal IReadOnlyList<Actor> Outsiders { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Theirs = await Tenant.Furnished(shared.Stack);
            Ours = await Scene.Set(shared.Stack);
            Members = [await Ours.Owner(), new("our token", $"Bearer {(await Ours.Token(Ours.Workspace, Role.Owner)).Secret}", Standing.Automation, Role.Owner)];
            Outsiders = [.. Members.Select(who => who with { Role = null }), new("the operator", $"Bearer {Ours.Tokens.For(Guid.CreateVersion7(), isOperator: true)}", Standing.Operator)];
            await Reports.Http(shared.Stack, Reports.Line("ours", await Ours.AnyKey()));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using TokenSense.EndToEnd.Alerts;
using TokenSense.EndToEnd.Running;

namespace TokenSense.EndToEnd.Access;

/// <summary>A workspace full of things whose names, addresses and ids would be known again anywhere.</summary>
internal sealed partial class Tenant
{
    /// <summary>No budget of anybody else has this amount.</summary>
    public const string AmountUsd = "73191.4207";

    private Tenant(Scene scene, string mark, Actor owner) => (Scene, Mark, Owner) = (scene, mark, owner);

    public Scene Scene { get; }
    public string Mark { get; }
    public Actor Owner { get; }
    public Workspace Workspace => Scene.Workspace;
    public Guid Project { get; private set; }
    public string ProjectSlug => $"{Mark}-client";
    public Workspace.Key Key { get; private set; } = null!;

    /// <summary>Who its people are; an operator knows everybody.</summary>
    public IReadOnlyList<string> People => [PersonMark, Owner.Account!.Email, Owner.Account.Id.ToString()];

    private string PersonMark => $"{Mark[..2]}p{Mark[2..12]}";

    public static async Task<Tenant> Furnished(Stack stack)
    {
        var scene = await Scene.Set(stack);
        var tenant = new Tenant(scene, $"zq{Guid.NewGuid():N}"[..14], await scene.Owner());
        await tenant.Furnish();
        return tenant;
    }

    /// <summary>What none but the workspace's own may read: its marks, and every id that its own answers show.</summary>
    public async Task<IReadOnlyList<string>> Secrets()
    {
        var answers = await Everything(Scene.Stack, Workspace.Slug, Owner);
        var shown = answers.Where(a => a.Answer.Body.Contains(Mark, StringComparison.OrdinalIgnoreCase)).Select(a => a.What).ToList();
        if (shown.Count < 12) throw new InvalidOperationException($"Too little is marked: {string.Join(", ", shown)}.");
        // Who made all workspaces of tests is named in each.
        var maker = await Scene.Stack.Query<string>("keyregistry", $"select id from directory where kind = 'person' and body->>'email' = '{Stack.OwnerEmail}'");
        return
        [
            Mark, .. People, Owner.Account!.Session.ToString(), AmountUsd, Workspace.Slug, Workspace.Id.ToString(), Workspace.Id.ToString("N"), Key.Sha256,
            .. answers.SelectMany(a => Ids().Matches(a.Answer.Body).Select(id => id.Value)).Distinct().Where(id => id != maker),
        ];
    }

    /// <summary>Every list, report, file and thing that a workspace has for who only reads it.</summary>
    public static async Task<IReadOnlyList<(string What, Answer Answer)>> Everything(Stack stack, string workspace, Actor who)
    {
        var months = new[] { "", $"&period={DateTime.UtcNow:yyyy-MM}" };
        string[] queries =
        [
            "", "/members?limit=200", "/audit", "/audit?limit=200", "/audit?format=csv", "/audit?format=json", "/projects?limit=200", "/keys?limit=200", "/tokens?limit=200", "/budget", "/spend", "/usage", "/usage?limit=200", "/usage?group_by=day,project,key,model",
            "/usage?group_by=model", "/conflicts?limit=200", "/rejected?limit=200", "/alerts?limit=200", "/alerts?status=open", "/alerts?status=resolved", "/channels", "/prices",
            .. from format in new[] { "csv", "json", "focus" } from grain in new[] { "model", "key", "day" } from month in months select $"/export?format={format}&grain={grain}{month}",
        ];
        string[] paths = ["/auth/me", "/auth/sessions", "/people?limit=200", "/audit?limit=200", "/workspaces?limit=200", "/gateways?limit=200", "/prices", .. queries.Select(query => $"/workspaces/{workspace}{query}")];
        return await Wire.Each(paths, 2, async path => ($"GET {path}", await Wire.Send(stack.Dashboard.Url, new("GET", path), who.Authorization)));
    }

    private async Task Furnish()
    {
        await Wire.Send(Scene.Stack.Dashboard.Url, new("PATCH", "/auth/me", new { name = $"{PersonMark} owner" }), Owner.Authorization);
        await Workspace.Post("members", new { email = $"{Mark}@example.net", name = $"{Mark} invited", role = "viewer" });
        (await Workspace.Raw(HttpMethod.Patch, "", new { name = $"{Mark} workspace" })).EnsureSuccessStatusCode();
        Project = (Guid)(await Workspace.Post("projects", new { name = $"{Mark} Client", slug = ProjectSlug, description = $"{Mark} is described", color = "#7a3b1f" }))["id"]!;
        Key = await Workspace.NewKey(Project, "call", "report");
        (await Workspace.Raw(HttpMethod.Patch, $"keys/{Key.Id}", new { name = $"{Mark} key" })).EnsureSuccessStatusCode();
        await Workspace.Post("tokens", new { name = $"{Mark} token", role = "viewer" });
        foreach (var at in new[] { "", $"projects/{Project}/", $"keys/{Key.Id}/" })
            await Workspace.Put($"{at}budget", JsonNode.Parse($$"""{"amount_usd":{{AmountUsd}}}""")!);
        await Workspace.Post("channels", new { type = "email", name = $"{Mark} mail", address = $"{Mark}@example.com", enabled = false });
        foreach (var type in new[] { "webhook", "slack" })
            await Workspace.Post("channels", new { type, name = $"{Mark} {type}", url = $"http://127.0.0.1:9/{Mark}", enabled = false });
        await Workspace.Put("prices", new { providers = new[] { new { id = "openai", models = new[] { new { id = $"{Mark}-own", prices = new { input_mtok = 1, output_mtok = 2 } } } } } });
        await Report();
        var crossing = Told.Crossing(Workspace.Id, Project, 80);
        await BusMessages.Publish(Scene.Stack, crossing with { CrossedBy = new($"{Mark}-source", $"{Mark}-usage") });
        await Workspace.UntilAlerts(alerts => alerts.Count >= 4, "alerts of a threshold, a model, a conflict and a rejected line");
        await Workspace.UntilSpent(Reports.Cost(1_000, 100));
    }

    private async Task Report()
    {
        JsonObject Line(string id, string model = "gpt-4o", int input = 1_000)
        {
            var line = Reports.Line($"{Mark}-{id}", Key, input);
            (line["source"], line["model"], line["metadata"]) = ($"{Mark}-source", model, new JsonObject { ["of"] = Mark });
            return line;
        }
        await Reports.Http(Scene.Stack, new[] { Line("usage"), Line("usage", input: 7), Line("unpriced", $"{Mark}-model") });
        var wrong = Line("wrong");
        wrong["usage"]!.AsObject().Remove("outputTokens");
        await Reports.Publish(Scene.Stack, [wrong]);
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", RegexOptions.CultureInvariant)]
    private static partial Regex Ids();
}

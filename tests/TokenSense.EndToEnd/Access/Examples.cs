using TokenSense.EndToEnd.Running;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.EndToEnd.Access;

/// <summary>A request that succeeds for whoever the table lets in.</summary>
/// <param name="Make">What the route's parameters are (<c>{ws}</c> is the scene's), and the body.</param>
/// <param name="Code">Where it is answered by a problem of the thing itself.</param>
/// <param name="EndsScene">Afterwards the workspace is no more: everybody gets a scene of their own.</param>
/// <param name="EndsCaller">Afterwards whoever asked is signed out, or has no role any more: they come anew for each call.</param>
/// <param name="IsFew">Few are answered at a time, whoever asks.</param>
internal sealed record Example(Func<Scene, Actor, Task<Given>> Make, string? Code = null, bool EndsScene = false, bool EndsCaller = false, bool IsFew = false)
{
    /// <summary>The problem for some callers alone.</summary>
    public Func<Actor, string?>? CodeFor { get; init; }

    public string? Problem(Actor who) => CodeFor is null ? Code : CodeFor(who);

    public async Task<Call> Of(AccessRule rule, Scene scene, Actor who) => (await Make(scene, who)).Of(rule, scene.Workspace.Slug);
}

/// <summary>What a call of an endpoint needs.</summary>
/// <param name="Body">Null: none.</param>
/// <param name="Route">Values of the route's parameters but <c>{ws}</c>.</param>
internal sealed record Given(object? Body, params (string Name, object Value)[] Route)
{
    public Call Of(AccessRule rule, string workspace) => new(
        rule.Method,
        Route.Append(("ws", workspace)).Aggregate(rule.Path, (path, value) => path.Replace($"{{{value.Item1}}}", Uri.EscapeDataString($"{value.Item2}"), StringComparison.Ordinal)),
        Body);
}

/// <summary>One example for each row of the access table: whoever adds a row adds its example here.</summary>
internal static class Examples
{
    private static readonly Example Plain = With(null);

    private static readonly Dictionary<string, Example> All = new()
    {
        ["POST /auth/token"] = With(new { email = Stack.OwnerEmail, password = Stack.OwnerPassword }) with { IsFew = true },
        ["POST /auth/invitations/look"] = new(async (scene, _) => new(new { token = await scene.Once("invitation", scene.Invitation) })),
        // Whoever has no link gets as far as to hear it.
        ["POST /auth/invitations/accept"] = new((_, _) => Task.FromResult(new Given(new { token = Secret.New(Secret.Invitation), password = Somebody.Password })), Code: "LINK_EXPIRED"),
        ["POST /auth/password/reset"] = new((_, _) => Task.FromResult(new Given(new { email = Somebody.NewEmail() })), IsFew: true),
        ["POST /auth/password/reset/confirm"] = new((_, _) => Task.FromResult(new Given(new { token = Secret.New(Secret.PasswordReset), password = Somebody.Password })), Code: "LINK_EXPIRED"),

        ["POST /auth/password"] = With(new { current_password = Somebody.Password, new_password = Somebody.Password }) with { IsFew = true },
        ["POST /auth/sign-out"] = Plain with { EndsCaller = true },
        ["GET /auth/me"] = Plain,
        ["PATCH /auth/me"] = With(new { name = "Renamed" }),
        ["DELETE /auth/me"] = With(new { password = Somebody.Password }) with { EndsCaller = true },
        ["GET /auth/sessions"] = Plain,
        ["DELETE /auth/sessions/{id}"] = At("id", async (scene, who) => await scene.Session(who.Account!)),

        ["GET /people"] = Plain,
        ["DELETE /people/{id}"] = At("id", async (scene, _) => (await scene.Account()).Id),
        ["POST /auth/signing-keys/rotate"] = new(async (scene, _) =>
        {
            await scene.Once("signing key", scene.NextSigningKey);
            return new(null);
        }),

        ["GET /workspaces"] = Plain,
        ["POST /workspaces"] = With(new { name = "Another" }),
        ["GET /workspaces/{ws}"] = Plain,
        ["PATCH /workspaces/{ws}"] = new((_, _) => Task.FromResult(new Given(new { name = Scene.Unique("renamed") }))),
        ["DELETE /workspaces/{ws}"] = Plain with { EndsScene = true },

        ["GET /workspaces/{ws}/members"] = Plain,
        ["POST /workspaces/{ws}/members"] = new((_, _) => Task.FromResult(new Given(new { email = Somebody.NewEmail(), role = "viewer" }))),
        ["GET /workspaces/{ws}/members/{id}"] = Member(),
        ["PATCH /workspaces/{ws}/members/{id}"] = Member(new { role = "member" }),
        // Everyone may leave; automation tokens are no members, so there is but another one to remove.
        ["DELETE /workspaces/{ws}/members/{id}"] = At("id", async (scene, who) => who.Account?.Id ?? (await scene.Person(scene.Workspace, Role.Viewer)).Id) with
        {
            EndsCaller = true, CodeFor = who => who.Account is null && who.Role < Role.Admin ? "FORBIDDEN" : null,
        },

        ["GET /workspaces/{ws}/projects"] = Plain,
        ["POST /workspaces/{ws}/projects"] = With(new { name = "Another" }),
        ["GET /workspaces/{ws}/projects/{project}"] = Project(),
        ["PATCH /workspaces/{ws}/projects/{project}"] = Project(new { name = "Renamed" }),
        ["POST /workspaces/{ws}/projects/{project}/archive"] = Project(),
        ["POST /workspaces/{ws}/projects/{project}/unarchive"] = Project(),

        ["GET /workspaces/{ws}/keys"] = Plain,
        ["POST /workspaces/{ws}/keys"] = With(new { name = "another" }),
        ["GET /workspaces/{ws}/keys/{id}"] = Key(),
        ["PATCH /workspaces/{ws}/keys/{id}"] = Key(new { name = "renamed" }),
        ["POST /workspaces/{ws}/keys/{id}/rotate"] = Key(),
        ["DELETE /workspaces/{ws}/keys/{id}"] = Key(),

        ["GET /workspaces/{ws}/tokens"] = Plain,
        ["POST /workspaces/{ws}/tokens"] = With(new { name = "another", role = "viewer" }),
        ["DELETE /workspaces/{ws}/tokens/{id}"] = At("id", async (scene, _) => (await scene.Token(scene.Workspace, Role.Viewer)).Id),

        ["GET /workspaces/{ws}/budget"] = new(async (scene, _) =>
        {
            await scene.Once("budget", async () => await scene.Workspace.Put("budget", new { amount_usd = 1_000 }));
            return new(null);
        }),
        ["PUT /workspaces/{ws}/budget"] = With(new { amount_usd = 1_000 }),
        // Of one scene for all it would be gone for who reads it.
        ["DELETE /workspaces/{ws}/budget"] = Plain with { EndsScene = true },
        ["GET /workspaces/{ws}/projects/{project}/budget"] = At("project", async (scene, _) =>
        {
            var project = await scene.Project();
            await scene.Workspace.Put($"projects/{project}/budget", new { amount_usd = 10 });
            return project;
        }),
        ["PUT /workspaces/{ws}/projects/{project}/budget"] = Project(new { amount_usd = 10 }),
        ["DELETE /workspaces/{ws}/projects/{project}/budget"] = Project(),
        ["GET /workspaces/{ws}/keys/{key}/budget"] = At("key", async (scene, who) =>
        {
            var key = await scene.Key(who);
            await scene.Workspace.Put($"keys/{key}/budget", new { amount_usd = 10 });
            return key;
        }),
        ["PUT /workspaces/{ws}/keys/{key}/budget"] = Key(new { amount_usd = 10 }, "key"),
        ["DELETE /workspaces/{ws}/keys/{key}/budget"] = Key(null, "key"),
        ["GET /workspaces/{ws}/spend"] = Plain,

        ["POST /usage"] = new(async (scene, who) => new(new
        {
            id = Scene.Unique("usage"), time = DateTimeOffset.UtcNow, provider = "openai", model = "gpt-4o", usage = new { input_tokens = 1, output_tokens = 1 },
            key_id = who.Standing == Standing.Key ? null : (Guid?)(await scene.AnyKey()).Id,
        })),
        ["GET /workspaces/{ws}/usage"] = Plain,
        ["GET /workspaces/{ws}/usage/{source}/{id}"] = new(async (scene, _) => new(null, ("source", "default"), ("id", await scene.Once("usage", scene.Usage)))),
        ["GET /workspaces/{ws}/conflicts"] = Plain,
        ["POST /workspaces/{ws}/conflicts/{id}/retry"] = At("id", async (scene, _) => await scene.Conflict()) with { Code = "CONFLICT_STANDS" },
        ["POST /workspaces/{ws}/conflicts/{id}/dismiss"] = At("id", async (scene, _) => await scene.Conflict()),
        ["GET /workspaces/{ws}/rejected"] = Plain,
        ["POST /workspaces/{ws}/rejected/{id}/retry"] = At("id", async (scene, _) => await scene.Rejected()),
        ["POST /workspaces/{ws}/rejected/{id}/dismiss"] = At("id", async (scene, _) => await scene.Rejected()),
        ["GET /workspaces/{ws}/export"] = Plain with { IsFew = true },
        ["GET /prices"] = Plain,
        ["GET /workspaces/{ws}/prices"] = Plain,
        ["PUT /workspaces/{ws}/prices"] = With(new { providers = new[] { new { id = "openai", models = new[] { new { id = "gpt-of-ours", prices = new { input_mtok = 1, output_mtok = 2 } } } } } }),

        ["GET /workspaces/{ws}/alerts"] = Plain,
        ["GET /workspaces/{ws}/alerts/stream"] = Plain,
        ["GET /workspaces/{ws}/alerts/{id}"] = At("id", async (scene, _) => await scene.Once("alert", scene.Alert)),
        ["POST /workspaces/{ws}/alerts/{id}/dismiss"] = At("id", async (scene, _) => await scene.Alert()),
        ["POST /workspaces/{ws}/alerts/{id}/redeliver"] = At("id", async (scene, _) => await scene.Alert()),
        ["GET /workspaces/{ws}/channels"] = Plain,
        ["POST /workspaces/{ws}/channels"] = With(new { type = "email", name = "another", address = "ops@example.com" }),
        ["GET /workspaces/{ws}/channels/{id}"] = At("id", async (scene, _) => await scene.Once("channel", scene.Channel)),
        ["PATCH /workspaces/{ws}/channels/{id}"] = At("id", async (scene, _) => await scene.Channel(), new { enabled = false }),
        ["DELETE /workspaces/{ws}/channels/{id}"] = At("id", async (scene, _) => await scene.Channel()),
        ["POST /workspaces/{ws}/channels/{id}/test"] = At("id", async (scene, _) => await scene.Channel()),

        ["GET /workspaces/{ws}/audit"] = Plain,
        ["GET /workspaces/{ws}/audit/people"] = Plain,
        ["GET /audit"] = Plain,
        ["GET /audit/people"] = Plain,

        ["GET /gateways"] = Plain,
        ["POST /gateways"] = new((_, _) => Task.FromResult(new Given(new { name = $"gateway-{Guid.NewGuid():N}"[..24] }))),
        ["POST /gateways/{id}/rotate"] = At("id", async (scene, _) => (await scene.Gateway()).Id),
        ["DELETE /gateways/{id}"] = At("id", async (scene, _) => (await scene.Gateway()).Id),
        ["GET /enforcement/snapshot"] = Plain,
    };

    public static string NameOf(AccessRule rule) => $"{rule.Method} {rule.Path}";

    /// <summary>Rows for which nobody has said yet how a valid request looks.</summary>
    public static IReadOnlyList<string> Missing => [.. AccessTable.Rules.Select(NameOf).Except(All.Keys)];

    /// <summary>Examples of rows that are no more.</summary>
    public static IReadOnlyList<string> Unknown => [.. All.Keys.Except(AccessTable.Rules.Select(NameOf))];

    public static IEnumerable<(AccessRule Rule, Example Example)> Known =>
        AccessTable.Rules.Where(rule => All.ContainsKey(NameOf(rule))).Select(rule => (rule, All[NameOf(rule)]));

    private static Example With(object? body) => new((_, _) => Task.FromResult(new Given(body)));

    private static Example At(string parameter, Func<Scene, Actor, Task<object>> make, object? body = null) =>
        new(async (scene, who) => new(body, (parameter, await make(scene, who))));

    private static Example Project(object? body = null) => At("project", async (scene, _) => await scene.Project(), body);

    private static Example Member(object? body = null) =>
        At("id", async (scene, _) => (await scene.Once("member", () => scene.Person(scene.Workspace, Role.Member))).Id, body);

    private static Example Key(object? body = null, string parameter = "id") => At(parameter, async (scene, who) => await scene.Key(who), body);
}

using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using TokenSense.Contracts;
using TokenSense.EndToEnd.Alerts;
using TokenSense.EndToEnd.Running;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.EndToEnd.Access;

/// <summary>A workspace, another one beside it, and what is made in it for a call: each thing anew, so that no call spoils another's.</summary>
internal sealed class Scene
{
    private readonly ConcurrentDictionary<string, Lazy<Task<object>>> _once = [];
    private int _accounts;

    private Scene(SignedTokens tokens, Workspace workspace, Workspace elsewhere) => (Tokens, Workspace, Elsewhere) = (tokens, workspace, elsewhere);

    public SignedTokens Tokens { get; }
    public Workspace Workspace { get; }
    public Workspace Elsewhere { get; }
    public Stack Stack => Workspace.Stack;

    public static async Task<Scene> Set(Stack stack)
    {
        var scene = new Scene(await SignedTokens.Of(stack), await Workspace.New(stack), await Workspace.New(stack));
        await scene.Workspace.WithoutMail();
        return scene;
    }

    public static string Unique(string name) => $"{name} {Guid.NewGuid():N}"[..24];

    /// <summary>What may serve many calls.</summary>
    public async Task<T> Once<T>(string name, Func<Task<T>> make) where T : notnull =>
        (T)await _once.GetOrAdd(name, _ => new(async () => await make())).Value;

    /// <summary>Somebody new, signed in, with no role in these workspaces.</summary>
    /// <param name="leaves">Nor in any other.</param>
    public async Task<Account> Account(bool leaves = false)
    {
        // A workspace invites 30 people a minute.
        var lobby = await Once($"lobby {Interlocked.Increment(ref _accounts) / 25}", () => Workspace.New(Stack));
        using var person = await Somebody.Join(lobby, "viewer");
        var account = new Account(await person.Id(), SignedTokens.SessionOf((string)person.Session["access_token"]!), person.Email);
        if (leaves) (await person.Send(HttpMethod.Delete, $"workspaces/{lobby.Id}/members/{account.Id}")).EnsureSuccessStatusCode();
        return account;
    }

    /// <summary>A person, known to every service by their role; null: of one who was an admin and lost it.</summary>
    public async Task<Account> Person(Workspace where, Role? role)
    {
        var account = await Account();
        // Taken for a member, so that a role is given without an invitation.
        await using (var database = Stack.Database("keyregistry"))
            await new Directory(database).Apply(new MemberChanged { WorkspaceId = where.Id, UserId = account.Id, Role = "viewer", Version = 0 }, default);
        (await where.Raw(HttpMethod.Patch, $"members/{account.Id}", new { role = (role ?? Role.Admin).ToString().ToLowerInvariant() })).EnsureSuccessStatusCode();
        if (role is null) (await where.Raw(HttpMethod.Delete, $"members/{account.Id}")).EnsureSuccessStatusCode();
        await Known("member", $"{where.Id}/{account.Id}", version: role is null ? 2 : 1);
        return account;
    }

    /// <summary>Somebody with a token of their session.</summary>
    public Actor SignedIn(string name, Account account, Role? role = null, bool isOperator = false) => new(
        name, $"Bearer {Tokens.For(account.Id, isOperator, session: account.Session)}", isOperator ? Standing.Operator : Standing.Person, role, Account: account);

    public Task<Actor> Owner() => Once("owner", async () => SignedIn("the owner", await Person(Workspace, Role.Owner), Role.Owner));

    /// <summary>One more session of somebody.</summary>
    public async Task<Guid> Session(Account whose) => SignedTokens.SessionOf(
        (string)(await Ask(null, new("POST", "/auth/token", new { email = whose.Email, password = Somebody.Password })))["access_token"]!);

    /// <summary>The secret of an invitation that is open.</summary>
    public async Task<string> Invitation() => Somebody.TokenOf(await Workspace.Post("members", new { email = Somebody.NewEmail(), role = "viewer" }));

    /// <summary>As if a signing key were on its way, so that no other is made for who asks.</summary>
    public async Task<Guid> NextSigningKey()
    {
        var id = Guid.NewGuid();
        await Stack.Execute("keyregistry", $"insert into signing_key_secrets (id, pkcs8, created_at, signs_from) values ('{id}', '', now(), now() + interval '1 day')");
        return id;
    }

    /// <summary>Takes it back.</summary>
    public async Task Forget()
    {
        if (_once.TryGetValue("signing key", out var key)) await Stack.Execute("keyregistry", $"delete from signing_key_secrets where id = '{await key.Value}'");
    }

    /// <summary>An automation token, known to every service.</summary>
    public async Task<(Guid Id, string Secret)> Token(Workspace where, Role role, DateTimeOffset? expiresAt = null)
    {
        var made = await where.Post("tokens", new { name = Unique("token"), role = role.ToString().ToLowerInvariant(), expires_at = expiresAt });
        return (await Known("credential", (Guid)made["id"]!), (string)made["token"]!);
    }

    public async Task<(Guid Id, string Secret)> Gateway(params Workspace[] limitedTo)
    {
        var made = await Operate(new("POST", "/gateways", new { name = $"gateway-{Guid.NewGuid():N}"[..24], workspaces = limitedTo.Length == 0 ? null : limitedTo.Select(w => w.Id) }));
        return (await Known("credential", (Guid)made["id"]!), (string)made["token"]!);
    }

    public Task<JsonNode> Operate(Call call) => Ask($"Bearer {Tokens.For(Guid.CreateVersion7(), isOperator: true)}", call);

    public async Task<Guid> Project() => await Known("project", (Guid)(await Workspace.Post("projects", new { name = Unique("project") }))["id"]!);

    /// <summary>A key that this caller made where they may make one, so that they may change it.</summary>
    public async Task<Guid> Key(Actor maker)
    {
        var by = maker.Role >= Role.Member ? maker : await Owner();
        return await Known("key", (Guid)(await Ask(by.Authorization, new("POST", $"/workspaces/{Workspace.Id}/keys", new { name = Unique("key") })))["id"]!);
    }

    public async Task<Workspace.Key> Secret(DateTimeOffset? expiresAt = null, params string[] scopes)
    {
        var made = await Workspace.Post("keys", new { name = Unique("key"), scopes, expires_at = expiresAt });
        return new(await Known("key", (Guid)made["id"]!), (string)made["secret"]!);
    }

    public Task<Workspace.Key> AnyKey() => Once("any key", () => Secret(scopes: ["call"]));

    public async Task<Guid> Channel() =>
        (Guid)(await Workspace.Post("channels", new { type = "email", name = Unique("channel"), address = "ops@example.com" }))["id"]!;

    public async Task<Guid> Alert()
    {
        var crossing = Told.Crossing(Workspace.Id, Guid.NewGuid(), 80);
        await BusMessages.Publish(Stack, crossing);
        await Until.Seen(() => Workspace.Raw(HttpMethod.Get, $"alerts/{crossing.CrossingId}"), answer => answer.IsSuccessStatusCode, "the alert");
        return crossing.CrossingId;
    }

    /// <summary>The id of a usage of source <c>default</c>.</summary>
    public async Task<string> Usage()
    {
        var id = Unique("usage");
        await Reports.Http(Stack, Reports.Line(id, await AnyKey()));
        return id;
    }

    public async Task<Guid> Conflict()
    {
        var (id, key) = (Unique("twice"), await AnyKey());
        await Reports.Http(Stack, new[] { Reports.Line(id, key), Reports.Line(id, key, input: 2) });
        return await Kept("conflicts", id);
    }

    public async Task<Guid> Rejected()
    {
        var line = Reports.Line(Unique("wrong"), await AnyKey());
        line["usage"]!.AsObject().Remove("outputTokens");
        await Reports.Publish(Stack, [line]);
        return await Kept("rejected", (string)line["id"]!);
    }

    private async Task<Guid> Kept(string list, string usageId) => (Guid)(await Until.Seen(
        async () => (await Workspace.Get($"{list}?limit=200"))["data"]!.AsArray().SingleOrDefault(k => (string)k!["usage_id"]! == usageId),
        found => found is not null, $"{usageId} in {list}"))!["id"]!;

    private async Task<JsonNode> Ask(string? authorization, Call call)
    {
        var answer = await Wire.Send(Stack.Dashboard.Url, call, authorization);
        return answer.Succeeded ? answer.Json : throw new InvalidOperationException($"{call.Method} {call.Path}: {answer} {answer.Body}");
    }

    private async Task<T> Known<T>(string kind, T id, int version = 1)
    {
        await Stack.Known(kind, $"{id}", version);
        return id;
    }
}

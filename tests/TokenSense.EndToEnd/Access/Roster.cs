using System.Text;
using Shouldly;
using TokenSense.EndToEnd.Running;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.EndToEnd.Access;

/// <summary>Everybody who may come to the door: those who have a role, those who have one elsewhere, and those who only say that they are somebody.</summary>
internal static class Roster
{
    /// <summary>Each can enter any scene, so that a call that ends a workspace is tried by everybody in one of their own.</summary>
    public static readonly IReadOnlyList<Func<Scene, Task<Actor>>> All =
    [
        scene => Person(scene, "an owner", Role.Owner),
        scene => Person(scene, "an admin", Role.Admin),
        scene => Person(scene, "a member", Role.Member),
        scene => Person(scene, "a viewer", Role.Viewer),
        scene => Automation(scene, Role.Owner),
        scene => Automation(scene, Role.Admin),
        scene => Automation(scene, Role.Member),
        scene => Automation(scene, Role.Viewer),

        async scene => scene.SignedIn("another workspace's owner", await scene.Person(scene.Elsewhere, Role.Owner)),
        async scene => new("another workspace's automation token", Bearer((await scene.Token(scene.Elsewhere, Role.Owner)).Secret), Standing.Automation),
        async scene => scene.SignedIn("somebody who was an admin", await scene.Person(scene.Workspace, null)),
        async scene => scene.SignedIn("somebody without a workspace", await scene.Account(leaves: true)),
        async scene => scene.SignedIn("an operator", await scene.Account(leaves: true), isOperator: true),
        async scene => new("a gateway", Bearer((await scene.Gateway()).Secret), Standing.Gateway),
        async scene => new("another workspace's gateway", Bearer((await scene.Gateway(scene.Elsewhere)).Secret), Standing.Gateway),
        async scene => new("an API key", Bearer((await scene.Secret(scopes: ["call"])).Secret), Standing.Key),
        async scene => new("an API key that may report", Bearer((await scene.Secret(scopes: ["report"])).Secret), Standing.Key, MayReport: true),

        _ => Nobody("nobody", null),
        _ => Nobody("an empty token", "Bearer "),
        _ => Nobody("a token that is none", "Bearer none"),
        _ => Nobody("a token of three parts that is none", "Bearer e30.e30.e30"),
        _ => Nobody("an unknown automation token", Bearer(Secret.New(Secret.Automation))),
        async scene => await Nobody("an automation token with a wrong checksum", Bearer(Spoiled((await scene.Token(scene.Workspace, Role.Owner)).Secret))),
        _ => Nobody("a gateway token with a wrong checksum", Bearer(Spoiled(Stack.GatewayToken))),
        async scene => await Nobody("an API key with a wrong checksum", Bearer(Spoiled((await scene.Secret(scopes: ["report"])).Secret))),
        async scene => await Nobody("the owner's token without a scheme", (await scene.Owner()).Authorization!["Bearer ".Length..]),
        async scene => await Nobody("the owner's token in the Basic scheme", $"Basic {(await scene.Owner()).Authorization!["Bearer ".Length..]}"),
        _ => Nobody("the owner's mail and password", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Stack.OwnerEmail}:{Stack.OwnerPassword}"))}"),

        scene => OfOwner(scene, "an expired access token", (tokens, owner) => tokens.For(owner, true, c => c["exp"] = Seconds(-1))),
        scene => OfOwner(scene, "an access token of tomorrow", (tokens, owner) => tokens.For(owner, true, c => c["nbf"] = Seconds(600))),
        scene => OfOwner(scene, "an access token without an end", (tokens, owner) => tokens.For(owner, true, c => c.Remove("exp"))),
        scene => OfOwner(scene, "an access token for somebody else's API", (tokens, owner) => tokens.For(owner, true, c => c["aud"] = "another")),
        scene => OfOwner(scene, "an access token of another issuer", (tokens, owner) => tokens.For(owner, true, c => c["iss"] = "another")),
        scene => OfOwner(scene, "an access token of no session", (tokens, owner) => tokens.For(owner, true, c => c.Remove(Authentication.SessionClaim))),
        scene => OfOwner(scene, "an access token of nobody", (tokens, owner) => tokens.For(owner, true, c => c.Remove("sub"))),
        scene => OfOwner(scene, "an access token signed by another under our key's id", (tokens, owner) => tokens.ByAnother(owner)),
        scene => OfOwner(scene, "an access token signed by another under their own", (tokens, owner) => tokens.ByAnother(owner, Guid.NewGuid().ToString())),
        scene => OfOwner(scene, "an access token without a signature", (tokens, owner) => tokens.Unsigned(owner)),
        scene => OfOwner(scene, "an access token signed with the public key", (tokens, owner) => tokens.SignedWithThePublicKey(owner)),

        scene => Gone(scene, "somebody who signed out", new("POST", "/auth/sign-out")),
        scene => Gone(scene, "somebody who deleted themselves", new("DELETE", "/auth/me", new { password = Somebody.Password })),
        async scene => await Ended(scene, "a revoked automation token", await scene.Token(scene.Workspace, Role.Owner), "tokens"),
        async scene => await Ended(scene, "a revoked API key", await scene.Secret(scopes: ["report"]) is var k ? (k.Id, k.Secret) : default, "keys"),
        async scene =>
        {
            var (id, secret) = await scene.Gateway();
            await Wire.Send(scene.Stack.Dashboard.Url, new("DELETE", $"/gateways/{id}"), Bearer(scene.Tokens.For(Guid.CreateVersion7(), isOperator: true)));
            return await Refused(scene, "a revoked gateway token", secret);
        },
        async scene => await Refused(scene, "an expired automation token", (await scene.Token(scene.Workspace, Role.Owner, DateTimeOffset.UtcNow.AddSeconds(10))).Secret),
        async scene => await Refused(scene, "an expired API key", (await scene.Secret(DateTimeOffset.UtcNow.AddSeconds(10), "report")).Secret),
    ];

    private static string Bearer(string token) => $"Bearer {token}";

    private static async Task<Actor> Person(Scene scene, string name, Role role) =>
        scene.SignedIn(name, await scene.Person(scene.Workspace, role), role);

    private static async Task<Actor> Automation(Scene scene, Role role) =>
        new($"an automation token of role {role}", Bearer((await scene.Token(scene.Workspace, role)).Secret), Standing.Automation, role);

    private static Task<Actor> Nobody(string name, string? authorization) => Task.FromResult(new Actor(name, authorization, Standing.Nobody));

    private static async Task<Actor> OfOwner(Scene scene, string name, Func<SignedTokens, Guid, string> token) =>
        new(name, Bearer(token(scene.Tokens, await scene.Once("spoiled owner", async () => (await scene.Person(scene.Workspace, Role.Owner)).Id))), Standing.Nobody);

    private static async Task<Actor> Gone(Scene scene, string name, Call end)
    {
        var authorization = (await Person(scene, name, Role.Owner)).Authorization!;
        (await Wire.Send(scene.Stack.Dashboard.Url, end, authorization)).Succeeded.ShouldBeTrue(name);
        return await Refused(scene, name, authorization["Bearer ".Length..]);
    }

    private static async Task<Actor> Ended(Scene scene, string name, (Guid Id, string Secret) credential, string list)
    {
        (await scene.Workspace.Raw(HttpMethod.Delete, $"{list}/{credential.Id}")).EnsureSuccessStatusCode();
        return await Refused(scene, name, credential.Secret);
    }

    // That something ended reaches the other services a moment later.
    private static async Task<Actor> Refused(Scene scene, string name, string secret)
    {
        var stack = scene.Stack;
        foreach (var (door, list) in new[] { (stack.KeyRegistry, "projects"), (stack.Metering, "usage"), (stack.Budgets, "spend"), (stack.Notifier, "alerts") })
            await Until.Seen(() => Wire.Send(door.Url, new("GET", $"/workspaces/{scene.Workspace.Id}/{list}"), Bearer(secret)), answer => answer.Status == 401, $"{name} refused");
        return new(name, Bearer(secret), Standing.Nobody);
    }

    private static long Seconds(int fromNow) => DateTimeOffset.UtcNow.AddSeconds(fromNow).ToUnixTimeSeconds();

    private static string Spoiled(string secret) => secret[..^1] + (secret[^1] == 'a' ? 'b' : 'a');
}

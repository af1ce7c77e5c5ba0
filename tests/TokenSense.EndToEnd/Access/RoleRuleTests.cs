using Shouldly;
using TokenSense.EndToEnd.Running;
using TokenSense.ServiceDefaults.Access;
using Xunit;

namespace TokenSense.EndToEnd.Access;

/// <summary>What a role may do beyond what the table says: it depends on whose thing it is, or on what is given away.</summary>
[Collection(nameof(SharedStack))]
public sealed class RoleRuleTests(SharedStack shared)
{
    [Fact]
    public async Task A_member_changes_the_keys_that_they_made_and_no_others()
    {
        var scene = await Scene.Set(shared.Stack);
        var member = await Member(scene, Role.Member);
        var token = new Actor("a member's token", $"Bearer {(await scene.Token(scene.Workspace, Role.Member)).Secret}", Standing.Automation, Role.Member);
        foreach (var who in new[] { member, token, await Member(scene, Role.Member) })
        {
            var (own, others) = (await scene.Key(who), await scene.Key(member == who ? token : member));
            foreach (var (method, path, body) in new (string, string, object?)[] { ("PATCH", "", new { name = "renamed" }), ("POST", "/rotate", null), ("DELETE", "", null) })
            {
                (await Ask(scene, who, method, $"keys/{own}{path}", body)).Succeeded.ShouldBeTrue($"{method} of an own key as {who.Name}");
                (await Ask(scene, who, method, $"keys/{others}{path}", body)).ToString().ShouldBe("403 FORBIDDEN", $"{method} of another's key as {who.Name}");
            }
            ((string)(await scene.Workspace.Get($"keys/{others}"))["status"]!).ShouldBe("active");
        }
        (await Ask(scene, await Member(scene, Role.Admin), "DELETE", $"keys/{await scene.Key(member)}")).Succeeded.ShouldBeTrue("an admin revokes any key");
    }

    [Fact]
    public async Task Nobody_gives_a_token_more_than_they_have_nor_ends_one_that_may_do_more()
    {
        var scene = await Scene.Set(shared.Stack);
        var admin = await Member(scene, Role.Admin);
        (await Ask(scene, admin, "POST", "tokens", new { name = "mine", role = "owner" })).ToString().ShouldBe("400 INVALID_REQUEST");
        (await Ask(scene, admin, "POST", "tokens", new { name = "mine", role = "admin" })).Status.ShouldBe(201);
        var (id, secret) = await scene.Token(scene.Workspace, Role.Owner);
        (await Ask(scene, admin, "DELETE", $"tokens/{id}")).ToString().ShouldBe("403 FORBIDDEN");
        (await Wire.Send(shared.Stack.Dashboard.Url, new("GET", $"/workspaces/{scene.Workspace.Id}"), $"Bearer {secret}")).Status.ShouldBe(200);
        (await Ask(scene, await scene.Owner(), "DELETE", $"tokens/{id}")).Status.ShouldBe(204);
    }

    [Fact]
    public async Task Admins_do_not_touch_owners_and_nobody_gives_a_role_above_their_own()
    {
        var scene = await Scene.Set(shared.Stack);
        var owner = (await scene.Person(scene.Workspace, Role.Owner)).Id;
        var other = (await scene.Person(scene.Workspace, Role.Viewer)).Id;
        var address = Somebody.NewEmail();
        var invited = (Guid)(await scene.Workspace.Post("members", new { email = address, role = "owner" }))["id"]!;
        foreach (var who in new[] { await Member(scene, Role.Admin), await Token(scene, Role.Admin) })
        {
            foreach (var whom in new[] { owner, invited })
            {
                (await Ask(scene, who, "PATCH", $"members/{whom}", new { role = "viewer" })).ToString().ShouldBe("403 FORBIDDEN", who.Name);
                (await Ask(scene, who, "DELETE", $"members/{whom}")).ToString().ShouldBe("403 FORBIDDEN", who.Name);
            }
            // It would end an owner's invitation.
            (await Ask(scene, who, "POST", "members", new { email = address, role = "viewer" })).ToString().ShouldBe("403 FORBIDDEN", who.Name);
            (await Ask(scene, who, "POST", "members", new { email = Somebody.NewEmail(), role = "owner" })).ToString().ShouldBe("400 INVALID_REQUEST", who.Name);
            foreach (var whom in new[] { other, who.Account?.Id ?? other })
                (await Ask(scene, who, "PATCH", $"members/{whom}", new { role = "owner" })).ToString().ShouldBe("400 INVALID_REQUEST", who.Name);
            (await Ask(scene, who, "PATCH", $"members/{other}", new { role = "admin" })).Status.ShouldBe(200, who.Name);
            (await Ask(scene, who, "POST", "members", new { email = Somebody.NewEmail(), role = "admin" })).Status.ShouldBe(201, who.Name);
        }
        foreach (var who in new[] { await Member(scene, Role.Member), await Token(scene, Role.Member), await Member(scene, Role.Viewer), await Token(scene, Role.Viewer) })
            foreach (var whom in new[] { owner, other, invited })
            {
                (await Ask(scene, who, "PATCH", $"members/{whom}", new { role = "viewer" })).ToString().ShouldBe("403 FORBIDDEN", who.Name);
                (await Ask(scene, who, "DELETE", $"members/{whom}")).ToString().ShouldBe("403 FORBIDDEN", who.Name);
            }
        foreach (var (whom, role) in new[] { (owner, "owner"), (invited, "owner"), (other, "admin") }) (await RoleOf(scene, whom)).ShouldBe(role);
    }

    [Fact]
    public async Task The_last_owner_stays()
    {
        var scene = await Scene.Set(shared.Stack);
        var token = await Token(scene, Role.Owner);
        var first = (string)(await scene.Workspace.Get("members"))["data"]![0]!["id"]!;
        await Stays(first);
        var second = await Member(scene, Role.Owner);
        (await Ask(scene, second, "PATCH", $"members/{first}", new { role = "admin" })).Status.ShouldBe(200);
        await Stays(second.Account!.Id);
        (await Ask(scene, second, "DELETE", $"members/{second.Account.Id}")).ToString().ShouldBe("409 LAST_OWNER");
        (await Wire.Send(shared.Stack.Dashboard.Url, new("DELETE", "/auth/me", new { password = Somebody.Password }), second.Authorization)).ToString().ShouldBe("409 LAST_OWNER");

        // An automation token is no owner, and another one who is invited is none yet.
        async Task Stays(object owner)
        {
            await Ask(scene, token, "POST", "members", new { email = Somebody.NewEmail(), role = "owner" });
            (await Ask(scene, token, "PATCH", $"members/{owner}", new { role = "admin" })).ToString().ShouldBe("409 LAST_OWNER");
            (await Ask(scene, token, "DELETE", $"members/{owner}")).ToString().ShouldBe("409 LAST_OWNER");
        }
    }

    [Fact]
    public async Task Where_a_channel_leads_is_told_whole_to_those_alone_who_may_change_it()
    {
        var scene = await Scene.Set(shared.Stack);
        var made = await scene.Workspace.Post("channels", new { type = "webhook", name = "hook", url = "http://127.0.0.1:9/secret-path" });
        foreach (var role in Enum.GetValues<Role>())
            foreach (var path in new[] { "channels", $"channels/{made["id"]}" })
            {
                var body = (await Ask(scene, await Member(scene, role), "GET", path)).Body;
                body.Contains("secret-path", StringComparison.Ordinal).ShouldBe(role >= Role.Admin, $"GET {path} as {role}");
                body.ShouldNotContain((string)made["secret"]!);
            }
    }

    private static async Task<Actor> Member(Scene scene, Role role) =>
        scene.SignedIn(role.ToString(), await scene.Person(scene.Workspace, role), role);

    private static async Task<Actor> Token(Scene scene, Role role) =>
        new($"a token of {role}", $"Bearer {(await scene.Token(scene.Workspace, role)).Secret}", Standing.Automation, role);

    private static async Task<string?> RoleOf(Scene scene, object member) => (string?)(await scene.Workspace.Get($"members/{member}"))["role"];

    private static Task<Answer> Ask(Scene scene, Actor who, string method, string path, object? body = null) =>
        Wire.Send(scene.Stack.Dashboard.Url, new(method, $"/workspaces/{scene.Workspace.Id}/{path}", body), who.Authorization);
}

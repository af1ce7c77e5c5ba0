using System.Diagnostics;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.People;

/// <summary>Who may do what in a workspace, and who says so.</summary>
[Collection(nameof(SharedStack))]
public sealed class MembersTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task Members_and_open_invitations_are_one_list()
    {
        var workspace = await Workspace.New(_stack);
        using var viewer = await Somebody.Join(workspace, "viewer");
        var invited = await workspace.Post("members", new { email = "Asked@Example.org", role = "admin", name = "Asked" });
        var list = (await viewer.Get($"workspaces/{workspace.Slug}/members"))["data"]!.AsArray();
        list.Select(m => ((string)m!["email"]!, (string?)m["name"], (string)m["role"]!, (string)m["status"]!)).ShouldBe(
        [
            (Stack.OwnerEmail, "owner", "owner", "active"), (viewer.Email, "Somebody New", "viewer", "active"), ("asked@example.org", "Asked", "admin", "invited"),
        ], ignoreOrder: true);
        list.ShouldAllBe(m => m!["link"] == null);
        (DateTimeOffset.Parse((string)invited["expires_at"]!) - DateTimeOffset.UtcNow).ShouldBeInRange(TimeSpan.FromDays(6.9), TimeSpan.FromDays(7));

        var page = await viewer.Get($"workspaces/{workspace.Slug}/members?limit=2");
        var rest = await viewer.Get($"workspaces/{workspace.Slug}/members?limit=2&cursor={page["next_cursor"]}");
        (page["data"]!.AsArray().Count, rest["data"]!.AsArray().Count, (string?)rest["next_cursor"]).ShouldBe((2, 1, null));
        ((string)(await viewer.Get($"workspaces/{workspace.Slug}/members/{invited["id"]}"))["status"]!).ShouldBe("invited");
    }

    [Fact]
    public async Task An_admin_manages_all_but_owners_and_makes_none()
    {
        var workspace = await Workspace.New(_stack);
        using var admin = await Somebody.Join(workspace, "admin");
        using var member = await Somebody.Join(workspace, "member");
        var (owner, memberId) = (await IdOf(workspace, Stack.OwnerEmail), await member.Id());

        (await Refusal.Of(await Change(admin, workspace, owner, "viewer"))).ShouldBe((403, "FORBIDDEN"));
        (await Refusal.Of(await Remove(admin, workspace, owner))).ShouldBe((403, "FORBIDDEN"));
        (await Refusal.Of(await Change(admin, workspace, memberId, "owner"))).ShouldBe((400, "INVALID_REQUEST"));
        (await Refusal.Of(await Invite(admin, workspace, "o@example.org", "owner"))).ShouldBe((400, "INVALID_REQUEST"));
        (await Refusal.Of(await Invite(member, workspace, "m@example.org", "viewer"))).ShouldBe((403, "FORBIDDEN"));
        (await Refusal.Of(await Remove(member, workspace, await admin.Id()))).ShouldBe((403, "FORBIDDEN"));

        ((string?)(await Workspace.Read(await Change(admin, workspace, memberId, "viewer")))["role"]).ShouldBe("viewer");
        await Until.Seen(async () => (int)(await Invite(member, workspace, "m@example.org", "viewer")).StatusCode, status => status == 403, "the viewer");
    }

    [Fact]
    public async Task The_last_owner_stays_whoever_asks()
    {
        var workspace = await Workspace.New(_stack);
        var owner = await IdOf(workspace, Stack.OwnerEmail);
        (await Refusal.Of(await workspace.Raw(HttpMethod.Delete, $"members/{owner}"))).ShouldBe((409, "LAST_OWNER"));
        (await Refusal.Of(await workspace.Raw(HttpMethod.Patch, $"members/{owner}", new { role = "admin" }))).ShouldBe((409, "LAST_OWNER"));

        // Two owners who leave in one moment: one of them stays.
        using var second = await Somebody.Join(workspace, "owner");
        var secondId = await second.Id();
        var left = await Task.WhenAll(workspace.Raw(HttpMethod.Delete, $"members/{owner}"), Remove(second, workspace, secondId));
        left.Select(a => (int)a.StatusCode).Order().ShouldBe([204, 409]);
    }

    [Fact]
    public async Task A_removed_member_is_out_at_every_service_within_a_second_and_may_be_invited_again()
    {
        var workspace = await Workspace.New(_stack);
        using var admin = await Somebody.Join(workspace, "admin");
        var paths = new[] { "", "/spend", "/usage", "/alerts" };
        foreach (var path in paths) await Until.Seen(async () => (int)(await admin.Send(HttpMethod.Get, $"workspaces/{workspace.Slug}{path}")).StatusCode, status => status == 200, path);

        (await workspace.Raw(HttpMethod.Delete, $"members/{await admin.Id()}")).EnsureSuccessStatusCode();
        // Each refusal takes half a second of its own: what counts is when it was asked.
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(paths.Select(async path =>
        {
            var asked = TimeSpan.Zero;
            await Until.Seen(async () =>
            {
                asked = watch.Elapsed;
                return (int)(await admin.Send(HttpMethod.Get, $"workspaces/{workspace.Slug}{path}")).StatusCode;
            }, status => status == 404, path);
            asked.ShouldBeLessThan(TimeSpan.FromSeconds(1), path);
        }));
        (await workspace.Raw(HttpMethod.Delete, $"members/{await admin.Id()}")).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);

        var again = Somebody.TokenOf(await workspace.Post("members", new { email = admin.Email, role = "viewer" }));
        await Workspace.Read(await Somebody.Call(_stack, "auth/invitations/accept", new { token = again, password = Somebody.Password }));
        (await admin.Send(HttpMethod.Get, $"workspaces/{workspace.Slug}")).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Everyone_may_leave_and_members_elsewhere_are_not_here()
    {
        var (workspace, other) = (await Workspace.New(_stack), await Workspace.New(_stack));
        using var viewer = await Somebody.Join(workspace, "viewer");
        (await other.Raw(HttpMethod.Delete, $"members/{await viewer.Id()}")).StatusCode.ShouldBe(System.Net.HttpStatusCode.NotFound);
        (await Remove(viewer, workspace, await viewer.Id())).EnsureSuccessStatusCode();
        (await workspace.Get("members"))["data"]!.AsArray().Count.ShouldBe(1);
    }

    private static Task<HttpResponseMessage> Change(Somebody who, Workspace workspace, Guid id, string role) =>
        who.Send(HttpMethod.Patch, $"workspaces/{workspace.Slug}/members/{id}", new { role });

    private static Task<HttpResponseMessage> Remove(Somebody who, Workspace workspace, Guid id) => who.Send(HttpMethod.Delete, $"workspaces/{workspace.Slug}/members/{id}");

    private static Task<HttpResponseMessage> Invite(Somebody who, Workspace workspace, string email, string role) =>
        who.Send(HttpMethod.Post, $"workspaces/{workspace.Slug}/members", new { email, role });

    private static async Task<Guid> IdOf(Workspace workspace, string email) =>
        (Guid)(await workspace.Get("members"))["data"]!.AsArray().Single(m => (string?)m!["email"] == email)!["id"]!;
}

using System.Net;
using System.Text.RegularExpressions;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.People;

/// <summary>An invitation opens a workspace to whoever has its link, once.</summary>
[Collection(nameof(SharedStack))]
public sealed partial class InvitationTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task Somebody_new_sees_what_they_are_invited_to_chooses_a_password_and_is_in_at_once()
    {
        var workspace = await Workspace.New(_stack);
        var email = Somebody.NewEmail();
        var token = Somebody.TokenOf(await workspace.Post("members", new { email, role = "member", name = "New" }));
        var look = await Workspace.Read(await Somebody.Call(_stack, "auth/invitations/look", new { token }));
        ((string)look["email"]!, (string)look["role"]!, (bool)look["needs_password"]!).ShouldBe((email, "member", true));

        (await Refusal.Of(await Accept(token, "short"))).ShouldBe((400, "INVALID_REQUEST"));
        (await Refusal.Of(await Accept(token, email.ToUpperInvariant()))).ShouldBe((400, "INVALID_REQUEST"));
        var accepted = await Workspace.Read(await Accept(token, Somebody.Password));
        ((string)accepted["workspace_slug"]!, (string)accepted["role"]!).ShouldBe((workspace.Slug, "member"));
        using var signedIn = await Somebody.SignIn(_stack, email, Somebody.Password);
        ((string)(await signedIn.Get("auth/me"))["name"]!).ShouldBe("New");
        (await signedIn.Send(HttpMethod.Get, $"workspaces/{workspace.Slug}/spend")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_link_works_once_however_many_open_it_together()
    {
        var workspace = await Workspace.New(_stack);
        var token = Somebody.TokenOf(await workspace.Post("members", new { email = Somebody.NewEmail(), role = "viewer" }));
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Accept(token, Somebody.Password)));
        answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBe(1);
        (await Refusal.Of(await Accept(token, Somebody.Password))).ShouldBe((400, "LINK_EXPIRED"));
        (await workspace.Get("members"))["data"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Who_has_an_account_proves_it_with_their_password_and_never_loses_a_role()
    {
        var workspace = await Workspace.New(_stack);
        using var known = await Somebody.Join(await Workspace.New(_stack), "viewer");
        var token = Somebody.TokenOf(await workspace.Post("members", new { email = known.Email, role = "admin" }));
        ((bool)(await Workspace.Read(await Somebody.Call(_stack, "auth/invitations/look", new { token })))["needs_password"]!).ShouldBeFalse();
        (await Refusal.Of(await Accept(token, "not their password"))).ShouldBe((401, "INVALID_CREDENTIALS"));
        (await Accept(token, Somebody.Password)).EnsureSuccessStatusCode();
        (await Refusal.Of(await workspace.Raw(HttpMethod.Post, "members", new { email = known.Email, role = "viewer" }))).ShouldBe((409, "ALREADY_MEMBER"));
    }

    [Fact]
    public async Task An_invitation_does_not_tell_whether_its_address_has_an_account()
    {
        var workspace = await Workspace.New(_stack);
        using var known = await Somebody.Join(await Workspace.New(_stack), "viewer");
        var answers = new List<string>();
        foreach (var email in new[] { known.Email, Somebody.NewEmail() })
        {
            var text = (await workspace.Post("members", new { email, role = "viewer" })).ToJsonString().Replace(email, "EMAIL");
            answers.Add(Varying().Replace(text, "X"));
        }
        answers[0].ShouldBe(answers[1]);
    }

    [Fact]
    public async Task A_withdrawn_a_replaced_and_an_old_link_open_nothing()
    {
        var workspace = await Workspace.New(_stack);
        var email = Somebody.NewEmail();
        var first = await workspace.Post("members", new { email, role = "owner" });
        var second = await workspace.Post("members", new { email, role = "viewer" });
        (await Refusal.Of(await Accept(Somebody.TokenOf(first), Somebody.Password))).ShouldBe((400, "LINK_EXPIRED"));
        (await workspace.Raw(HttpMethod.Delete, $"members/{second["id"]}")).EnsureSuccessStatusCode();
        (await Refusal.Of(await Accept(Somebody.TokenOf(second), Somebody.Password))).ShouldBe((400, "LINK_EXPIRED"));

        var third = await workspace.Post("members", new { email, role = "viewer" });
        await _stack.Execute("keyregistry", $"update invitations set expires_at = now() where id = '{third["id"]}'");
        (await Refusal.Of(await Somebody.Call(_stack, "auth/invitations/look", new { token = Somebody.TokenOf(third) }))).ShouldBe((400, "LINK_EXPIRED"));
        (await Refusal.Of(await Accept("tsi_invented", Somebody.Password))).ShouldBe((400, "LINK_EXPIRED"));
    }

    [Fact]
    public async Task The_link_comes_by_mail_and_its_token_is_kept_nowhere()
    {
        await using var mail = await MailReceiver.Start();
        await using var registry = await _stack.Another("KeyRegistry", mail.Settings);
        var workspace = await Workspace.New(_stack);
        var email = Somebody.NewEmail();
        using var owner = await Somebody.SignIn(_stack, Stack.OwnerEmail, Stack.OwnerPassword, registry.Url);
        var invited = await Workspace.Read(await owner.Send(HttpMethod.Post, $"workspaces/{workspace.Slug}/members", new { email, role = "viewer" }));

        var received = await mail.Until(m => m.To.Contains(email), "the invitation");
        var link = (string)invited["link"]!;
        link.ShouldStartWith("http://127.0.0.1:8080/invitation#tsi_");
        received.Text!.ShouldContain(link);
        received.Html!.ShouldContain($"href=\"{link}\"");
        received.Subject.ShouldStartWith("You are invited to Test ");
        ((string?)received.Headers["auto-submitted"]).ShouldBe("auto-generated");

        var token = Somebody.TokenOf(invited);
        (await _stack.Mentions("keyregistry", token)).ShouldBe(0);
        registry.Log.ShouldNotContain(token);
        (await Accept(token, Somebody.Password)).EnsureSuccessStatusCode();
    }

    private Task<HttpResponseMessage> Accept(string token, string password) => Somebody.Call(_stack, "auth/invitations/accept", new { token, password });

    [GeneratedRegex("\"(id|link|expires_at)\":\"[^\"]*\"")]
    private static partial Regex Varying();
}

using System.Net;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.People;

/// <summary>A forgotten password is set by mail, a known one by who knows it.</summary>
[Collection(nameof(SharedStack))]
public sealed class PasswordTests(SharedStack shared)
{
    private const string Chosen = "another long password";

    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task A_reset_comes_by_mail_works_once_and_ends_every_session()
    {
        await using var mail = await MailReceiver.Start();
        await using var registry = await _stack.Another("KeyRegistry", mail.Settings);
        using var person = await Somebody.Join(await Workspace.New(_stack), "viewer");
        var (known, unknown) = (await Ask(registry, person.Email), await Ask(registry, Somebody.NewEmail()));
        (known.Status, known.Body).ShouldBe((HttpStatusCode.Accepted, unknown.Body));
        unknown.Status.ShouldBe(HttpStatusCode.Accepted);

        var received = await mail.Until(m => m.To.Contains(person.Email), "the reset");
        var token = received.Text!.Split('\n').Single(line => line.StartsWith("http://127.0.0.1:8080/password-reset#tsp_", StringComparison.Ordinal)).Trim().Split('#')[1];
        (await _stack.Mentions("keyregistry", token)).ShouldBe(0);

        (await Refusal.Of(await Confirm(token, "too short"))).ShouldBe((400, "INVALID_REQUEST"));
        (await Refusal.Of(await Confirm(token, person.Email))).ShouldBe((400, "INVALID_REQUEST"));
        (await Confirm(token, Chosen)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await person.Send(HttpMethod.Get, "auth/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await Refusal.Of(await Somebody.Call(_stack, "auth/token", new { grant_type = "refresh_token", refresh_token = person.Refresh }))).ShouldBe((401, "SESSION_ENDED"));
        (await Refusal.Of(await Confirm(token, Chosen))).ShouldBe((400, "LINK_EXPIRED"));
        (await Refusal.Of(await SignIn(person.Email, Somebody.Password))).ShouldBe((401, "INVALID_CREDENTIALS"));
        (await SignIn(person.Email, Chosen)).EnsureSuccessStatusCode();
        mail.Received.ShouldAllBe(m => m.To.Contains(person.Email));
    }

    [Fact]
    public async Task A_link_for_a_new_password_lasts_an_hour_and_is_no_good_after_a_change()
    {
        using var person = await Somebody.Join(await Workspace.New(_stack), "viewer");
        foreach (var end in new[] { "update password_resets set expires_at = now()", "" })
        {
            await _stack.Execute("keyregistry", "delete from password_resets");
            (await Somebody.Call(_stack, "auth/password/reset", new { email = person.Email })).EnsureSuccessStatusCode();
            await Until.Seen(() => _stack.Query<long>("keyregistry", "select count(*) from password_resets"), count => count == 1, "the reset");
            var left = await _stack.Query<TimeSpan>("keyregistry", "select expires_at - now() from password_resets");
            left.ShouldBeInRange(TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(60));
            var token = await Until.Seen(() => Task.FromResult(TokenInFolder(person.Email)), found => found is not null, "the mail in the folder");
            if (end != "") await _stack.Execute("keyregistry", end);
            else (await Change(person, Somebody.Password, Chosen)).EnsureSuccessStatusCode();
            (await Refusal.Of(await Confirm(token!, "a third long password"))).ShouldBe((400, "LINK_EXPIRED"));
        }
    }

    [Fact]
    public async Task A_changed_password_ends_the_other_sessions_and_not_this_one()
    {
        using var person = await Somebody.Join(await Workspace.New(_stack), "viewer");
        using var other = await Somebody.SignIn(_stack, person.Email, Somebody.Password);
        (await Refusal.Of(await Change(person, "not their password", Chosen))).ShouldBe((401, "INVALID_CREDENTIALS"));
        (await Refusal.Of(await Change(person, Somebody.Password, "short"))).ShouldBe((400, "INVALID_REQUEST"));
        (await Change(person, Somebody.Password, Chosen)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await person.Send(HttpMethod.Get, "auth/me")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await other.Send(HttpMethod.Get, "auth/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await person.Renew(_stack);
        (await Refusal.Of(await SignIn(person.Email, Somebody.Password))).ShouldBe((401, "INVALID_CREDENTIALS"));
    }

    [Fact]
    public async Task Wrong_passwords_are_slowed_down_wherever_they_are_tried()
    {
        var workspace = await Workspace.New(_stack);
        using var person = await Somebody.Join(workspace, "viewer");
        var answers = new List<int>();
        for (var i = 0; i < 11; i++) answers.Add((int)(await Change(person, "not their password", Chosen)).StatusCode);
        answers.ShouldBe([.. Enumerable.Repeat(401, 10), 429]);
        (await Refusal.Of(await SignIn(person.Email, Somebody.Password))).ShouldBe((429, "RATE_LIMITED"));
    }

    // Without a mail server mail is a file.
    private string? TokenInFolder(string email)
    {
        var folder = Path.Combine(_stack.KeyRegistry.Home, "mail");
        if (!Directory.Exists(folder)) return null;
        return Directory.GetFiles(folder, "*.eml").OrderDescending().Select(File.ReadAllText).Where(mail => mail.Contains($"To: {email}"))
            .Select(mail => mail.Replace("=\r\n", "").Replace("=\n", "")).Select(mail => mail.IndexOf("#tsp_", StringComparison.Ordinal) is var at and > 0 ? mail.Substring(at + 1, 53) : null)
            .FirstOrDefault(token => token is not null);
    }

    private static async Task<(HttpStatusCode Status, string Body)> Ask(ServiceProcess registry, string email)
    {
        using var http = new HttpClient { BaseAddress = new Uri(registry.Url) };
        var answer = await System.Net.Http.Json.HttpClientJsonExtensions.PostAsJsonAsync(http, "/api/v1/auth/password/reset", new { email });
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task<HttpResponseMessage> Confirm(string token, string password) => Somebody.Call(_stack, "auth/password/reset/confirm", new { token, password });

    private Task<HttpResponseMessage> SignIn(string email, string password) => Somebody.Call(_stack, "auth/token", new { email, password });

    private static Task<HttpResponseMessage> Change(Somebody person, string current, string chosen) =>
        person.Send(HttpMethod.Post, "auth/password", new { current_password = current, new_password = chosen });
}

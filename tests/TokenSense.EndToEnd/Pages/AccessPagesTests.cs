using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Pages;

/// <summary>Who gets in, what they are offered there, and what a browser can be made to give away.</summary>
[Collection(nameof(SharedStack))]
public sealed class AccessPagesTests(SharedStack shared, Browser browser) : IClassFixture<Browser>
{
    private const string Chosen = "another long password";

    // Three letters of it occur in any random text.
    private const string AccessToken = @"eyJ[\w-]{10,}\.eyJ";

    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task Everybody_is_offered_what_they_may_do_and_nothing_else_and_the_server_refuses_it_anyway()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client A");
        await workspace.SetProjectBudget(project, 0);
        (string Page, string Button, string[] Roles)[] offers =
        [
            ("settings/projects", "New Project", ["admin"]), ("settings/projects", "Actions for Client A", ["admin"]), ("settings/keys", "New Key", ["admin", "member"]),
            ("settings/members", "Invite", ["admin"]), ("settings/channels", "New Channel", ["admin"]), ("settings/general", "Save", ["admin"]), ("settings/general", "Set budget", ["admin"]),
            ("settings/general", "Delete workspace", []), ("", "Dismiss", ["admin"]),
        ];
        await Until.Seen(() => workspace.Get("alerts?status=open"), a => a["data"]!.AsArray().Count == 1, "the alert");
        await Task.WhenAll(new[] { "admin", "member", "viewer" }.Select(async role =>
        {
            using var person = await Somebody.Join(workspace, role);
            await using var visitor = await browser.SignedIn(_stack.Dashboard.Url, person.Email, Somebody.Password);
            foreach (var page in offers.GroupBy(o => o.Page))
            {
                await visitor.Go($"/w/{workspace.Slug}/{page.Key}".TrimEnd('/'));
                // What is there for them first: by then the rest would be, too.
                foreach (var (_, button, roles) in page.OrderByDescending(o => o.Roles.Contains(role)))
                    if (roles.Contains(role)) await visitor.Button(button).First.WaitForAsync();
                    else (await visitor.Button(button).CountAsync()).ShouldBe(0, $"{button} on {page.Key} for {role}");
            }
            await visitor.Go($"/w/{workspace.Slug}/settings/projects");
            if (role == "admin")
            {
                await visitor.Button("Client A").WaitForAsync();
            }
            else
            {
                await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Client A" }).ClickAsync();
                await visitor.Page.WaitForURLAsync($"**/usage?project={project}");
                await visitor.Ready();
            }
            (await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Audit log" }).CountAsync() > 0).ShouldBe(role != "viewer", $"audit log for {role}");
            if (role == "viewer")
                foreach (var (path, body) in new (string, object)[] { ("projects", new { name = "Mine" }), ("keys", new { name = "Mine" }), ("members", new { email = "a@example.org", role = "viewer" }) })
                    (await person.Send(HttpMethod.Post, $"workspaces/{workspace.Slug}/{path}", body)).StatusCode.ShouldBe(HttpStatusCode.Forbidden, path);
            visitor.ShouldHaveNoFaults();
        }));
    }

    [Fact]
    public async Task Somebody_elses_workspace_does_not_exist_and_who_is_removed_sees_so_at_once()
    {
        var (mine, theirs) = (await Workspace.New(_stack), await Workspace.New(_stack));
        using var person = await Somebody.Join(mine, "viewer");
        await using var visitor = await browser.SignedIn(_stack.Dashboard.Url, person.Email, Somebody.Password);
        foreach (var page in new[] { "", "/settings/projects", "/export" })
        {
            await visitor.Go($"/w/{theirs.Slug}{page}");
            await Assertions.Expect(visitor.Heading).ToHaveTextAsync("There is no such workspace");
        }
        await visitor.Go($"/w/{mine.Slug}");
        (await mine.Raw(HttpMethod.Delete, $"members/{await person.Id()}")).EnsureSuccessStatusCode();
        await Assertions.Expect(visitor.Heading).ToHaveTextAsync("There is no such workspace");
    }

    [Fact]
    public async Task The_sign_in_says_what_is_wrong_keeps_what_was_typed_leads_back_and_never_elsewhere()
    {
        var workspace = await Workspace.New(_stack);
        using var person = await Somebody.Join(workspace, "viewer");
        await using var visitor = await browser.Visit(_stack.Dashboard.Url);
        await visitor.Page.GotoAsync($"/w/{workspace.Slug}/usage?by=model");
        await visitor.Page.WaitForURLAsync("**/sign-in?to=*");
        await visitor.SignIn(person.Email, "not their password");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("password", new() { IgnoreCase = true });
        (await visitor.Page.InputValueAsync("#email")).ShouldBe(person.Email);
        (await visitor.Page.InputValueAsync("#password")).ShouldBe("");
        await visitor.SignIn(person.Email, Somebody.Password);
        await visitor.Page.WaitForURLAsync($"**/w/{workspace.Slug}/usage?by=model");
        await visitor.Ready();

        foreach (var elsewhere in new[] { "//evil.example", "https://evil.example/", "/\\evil.example", "\\\\evil.example", "/%5Cevil.example", "//evil.example/w/x" })
        {
            await visitor.Context.ClearCookiesAsync();
            await visitor.Page.GotoAsync($"/sign-in?to={Uri.EscapeDataString(elsewhere)}");
            await visitor.SignIn(person.Email, Somebody.Password);
            await visitor.Page.WaitForURLAsync(url => !url.Contains("/sign-in", StringComparison.Ordinal));
            visitor.Page.Url.ShouldStartWith($"{_stack.Dashboard.Url}/", customMessage: elsewhere);
            await visitor.Page.GotoAsync($"/sign-in?to={Uri.EscapeDataString(elsewhere)}");
            visitor.Page.Url.ShouldStartWith($"{_stack.Dashboard.Url}/", customMessage: elsewhere);
        }
    }

    [Fact]
    public async Task No_script_and_no_page_can_read_a_token_and_a_sign_out_ends_the_session()
    {
        var workspace = await Workspace.New(_stack);
        using var person = await Somebody.Join(workspace, "viewer");
        await using var visitor = await browser.SignedIn(_stack.Dashboard.Url, person.Email, Somebody.Password);
        await visitor.Go($"/w/{workspace.Slug}");
        var cookies = await visitor.Context.CookiesAsync();
        var session = cookies.Single(c => c.Name == "tokensense-console");
        (session.HttpOnly, session.SameSite).ShouldBe((true, SameSiteAttribute.Lax));
        cookies.ShouldAllBe(c => c.HttpOnly);
        var reachable = await visitor.Page.EvaluateAsync<string>(
            "() => [document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.documentElement.outerHTML].join('\\n')");
        reachable.ShouldNotMatch(AccessToken);
        foreach (var secret in new[] { "tsr_", "tokensense-console", session.Value[..40] }) reachable.ShouldNotContain(secret);

        // What is sent along the page's own connection counts as readable, too.
        var frames = new List<string>();
        visitor.Page.WebSocket += (_, socket) => socket.FrameReceived += (_, frame) => { lock (frames) frames.Add(frame.Text ?? System.Text.Encoding.Latin1.GetString(frame.Binary ?? [])); };
        await visitor.Go($"/w/{workspace.Slug}/settings/keys");
        lock (frames)
        {
            frames.ShouldNotBeEmpty();
            string.Concat(frames).ShouldNotMatch(AccessToken);
        }

        await visitor.Button("You").ClickAsync();
        await visitor.Page.Locator(".mud-popover-open").GetByText("Sign out").ClickAsync();
        await visitor.Page.WaitForURLAsync("**/sign-in");
        await visitor.Page.GoBackAsync();
        await visitor.Page.WaitForURLAsync("**/sign-in*");
        (await person.Get("auth/sessions"))["data"]!.AsArray().Count.ShouldBe(1);
        // The cookie itself is worth nothing any more, should somebody have kept it.
        await visitor.Context.AddCookiesAsync([new() { Name = session.Name, Value = session.Value, Url = _stack.Dashboard.Url }]);
        await visitor.Page.GotoAsync($"/w/{workspace.Slug}");
        await visitor.Page.WaitForURLAsync("**/sign-in*");
    }

    [Fact]
    public async Task A_dialog_of_whose_session_was_ended_says_so_and_a_fault_of_the_frame_offers_to_reload()
    {
        await using var owner = await browser.Owner(_stack);
        await owner.Go("/gateways");
        await owner.Button("New gateway").ClickAsync();
        await owner.Dialog.GetByLabel("Name").FillAsync("never-made");
        using var elsewhere = await Somebody.SignIn(_stack, Stack.OwnerEmail, Stack.OwnerPassword);
        var session = (await SessionsOf(elsewhere))
            .Where(s => ((string)s["user_agent"]!).Contains("Mozilla", StringComparison.Ordinal)).MaxBy(s => (DateTimeOffset)s["created_at"]!)!;
        (await elsewhere.Send(HttpMethod.Delete, $"auth/sessions/{session["id"]}")).EnsureSuccessStatusCode();
        await owner.InDialog("Create").ClickAsync();
        await Assertions.Expect(owner.Dialog.GetByRole(AriaRole.Alert)).ToContainTextAsync("signed out");
        (await owner.Dialog.GetByLabel("Name").InputValueAsync()).ShouldBe("never-made");
        owner.ShouldHaveNoFaults();

        await using var other = await browser.Owner(_stack);
        var bar = other.Page.Locator("#blazor-error-ui");
        await Assertions.Expect(bar).ToBeHiddenAsync();
        await Visitor.Mark(other.Page);
        await other.Page.EvaluateAsync("() => { tokensense.setDark = () => { throw new Error('broken'); }; }");
        await other.Button("Dark colours").ClickAsync();
        await Assertions.Expect(bar).ToBeVisibleAsync();
        await bar.GetByRole(AriaRole.Button, new() { Name = "Reload the page" }).ClickAsync();
        await other.Page.WaitForFunctionAsync("() => window.looked !== true");
        await other.Ready();
        await Assertions.Expect(bar).ToBeHiddenAsync();
    }

    private static async Task<List<JsonNode>> SessionsOf(Somebody person)
    {
        var sessions = new List<JsonNode>();
        for (var cursor = ""; ;)
        {
            var page = await person.Get($"auth/sessions?limit=200{cursor}");
            sessions.AddRange(page["data"]!.AsArray().Select(s => s!));
            if ((string?)page["next_cursor"] is not { } next) return sessions;
            cursor = $"&cursor={next}";
        }
    }

    [Fact]
    public async Task A_link_that_came_by_mail_makes_a_member_and_another_a_new_password()
    {
        await using var mail = await MailReceiver.Start();
        await using var registry = await _stack.Another("KeyRegistry", mail.Settings);
        await using var console = await _stack.Another("Dashboard", new Dictionary<string, string> { ["Services__KeyRegistry"] = registry.Url });
        var workspace = await Workspace.New(_stack);
        var email = Somebody.NewEmail();
        await using (var owner = await browser.Owner(_stack))
        {
            await owner.Page.GotoAsync($"{console.Url}/sign-in?to=/w/{workspace.Slug}/settings/members");
            await owner.SignIn(Stack.OwnerEmail, Stack.OwnerPassword);
            await owner.Ready();
            await owner.Button("Invite").ClickAsync();
            await owner.Dialog.GetByLabel("E-mail").FillAsync("nobody");
            await owner.InDialog("Invite").ClickAsync();
            await Assertions.Expect(owner.Dialog).ToContainTextAsync("address", new() { IgnoreCase = true });
            await owner.Dialog.GetByLabel("E-mail").FillAsync(email);
            await owner.Dialog.GetByText("Member", new() { Exact = false }).First.ClickAsync();
            await owner.InDialog("Invite").ClickAsync();
            await Assertions.Expect(owner.Page.Locator("table.rows")).ToContainTextAsync(email);
        }

        await using var visitor = await browser.Visit(console.Url);
        await visitor.Page.GotoAsync($"/invitation#{TokenIn(await mail.Until(m => m.To.Contains(email), "the invitation"))}");
        await Assertions.Expect(visitor.Heading).ToContainTextAsync("Join ");
        visitor.Page.Url.ShouldNotContain("#");
        await visitor.Page.FillAsync("#name", "Ada Byron");
        await visitor.Page.FillAsync("#password", email);
        await visitor.Page.ClickAsync("button[type=submit]");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        (await visitor.Page.InputValueAsync("#name")).ShouldBe("Ada Byron");
        await visitor.Page.FillAsync("#password", Somebody.Password);
        await visitor.Page.ClickAsync("button[type=submit]");
        await visitor.Page.WaitForURLAsync($"**/w/{workspace.Slug}");
        await visitor.Ready();
        (await workspace.Get("members"))["data"]!.AsArray().Select(m => (string?)m!["email"]).ShouldContain(email);

        await visitor.Context.ClearCookiesAsync();
        await visitor.Page.GotoAsync("/sign-in");
        await visitor.Page.GetByText("Forgot the password?").ClickAsync();
        await Assertions.Expect(visitor.Heading).ToHaveTextAsync("Forgotten password");
        await visitor.Page.FillAsync("#email", email);
        await visitor.Page.ClickAsync("button[type=submit]");
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Status)).ToBeVisibleAsync();
        await visitor.Page.GotoAsync($"/password-reset#{TokenIn(await mail.Until(m => m.To.Contains(email) && m.Text!.Contains("/password-reset#", StringComparison.Ordinal), "the reset"))}");
        await visitor.Page.FillAsync("#password", Chosen);
        await visitor.Page.ClickAsync("button[type=submit]");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Sign in" }).ClickAsync();
        await Assertions.Expect(visitor.Heading).ToHaveTextAsync("Sign in");
        await visitor.SignIn(email, Somebody.Password);
        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await visitor.SignIn(email, Chosen);
        await Assertions.Expect(visitor.Heading).ToContainTextAsync("Test ");
        (await workspace.Get("members"))["data"]!.AsArray().Single(m => (string?)m!["email"] == email)!["name"]!.GetValue<string>().ShouldBe("Ada Byron");
    }

    private static string TokenIn(MailReceiver.Mail mail) =>
        mail.Text!.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).Single(word => word.StartsWith("http", StringComparison.Ordinal) && word.Contains('#', StringComparison.Ordinal)).Split('#')[1];
}

using System.Net;
using Shouldly;
using TokenSense.EndToEnd.Alerts;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.People;

/// <summary>Who and what is deleted leaves no name, no mail and no network address behind; that it was done, and by whom, stays.</summary>
[Collection(nameof(SharedStack))]
public sealed class ErasureTests(SharedStack shared)
{
    private static readonly string[] Databases = ["keyregistry", "metering", "budgets", "notifier"];

    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task A_deleted_person_is_in_no_table_of_any_service_and_their_work_stays()
    {
        var (workspace, other) = (await Workspace.New(_stack), await Workspace.New(_stack));
        using var person = await Somebody.Join(workspace, "admin");
        var id = await person.Id();
        (await person.Send(HttpMethod.Patch, "auth/me", new { name = $"Name {id}" })).EnsureSuccessStatusCode();
        await other.Post("members", new { email = person.Email, role = "viewer" });
        // From an address, in every service.
        var at = $"workspaces/{workspace.Slug}";
        var key = await Workspace.Read(await person.Send(HttpMethod.Post, $"{at}/keys", new { name = "Theirs" }));
        (await person.Send(HttpMethod.Put, $"{at}/budget", new { amount_usd = 5 })).EnsureSuccessStatusCode();
        (await person.Send(HttpMethod.Post, $"{at}/channels", new { type = "email", name = "Mine", address = person.Email })).EnsureSuccessStatusCode();
        foreach (var database in new[] { "keyregistry", "budgets", "notifier" }) (await Origins(database, id)).ShouldBeGreaterThan(0, database);
        await _stack.Execute("metering", $"insert into origins (actor, address) values ('user:{id}', '127.0.0.9')");
        await Until.Seen(() => _stack.Mentions("notifier", person.Email), count => count >= 2, "the address in Notifier");
        await Until.Seen(() => Task.FromResult(Mails(person.Email)), count => count == 2, "the mails");

        (await Refusal.Of(await person.Send(HttpMethod.Delete, "auth/me", new { password = "not their password" }))).ShouldBe((401, "INVALID_CREDENTIALS"));
        (await person.Send(HttpMethod.Delete, "auth/me", new { password = Somebody.Password })).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await person.Send(HttpMethod.Get, "auth/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await Refusal.Of(await Somebody.Call(_stack, "auth/token", new { email = person.Email, password = Somebody.Password }))).ShouldBe((401, "INVALID_CREDENTIALS"));
        await Until.Seen(() => Left(id, person.Email, $"Name {id}"), left => left == "", "nothing left of them");
        Mails(person.Email).ShouldBe(0);
        (await _stack.Query<long>("keyregistry", $"select count(*) from sessions where user_id = '{id}'")).ShouldBe(0);
        (await workspace.Get("members"))["data"]!.AsArray().Count.ShouldBe(1);
        (await workspace.Get($"keys/{key["id"]}")).ShouldNotBeNull();
        (await _stack.Query<string>("keyregistry", $"select headers->>'by' from mt_events where stream_id = 'person-{id}' and type = 'person-erased'")).ShouldBe($"user:{id}");
        using var again = await Somebody.Join(workspace, "viewer", person.Email);
        (await again.Id()).ShouldNotBe(id);
    }

    [Fact]
    public async Task The_last_owner_of_a_workspace_is_not_deleted_before_there_is_another()
    {
        var workspace = await Workspace.New(_stack);
        using var person = await Somebody.Join(workspace, "viewer");
        var own = await Workspace.Read(await person.Send(HttpMethod.Post, "workspaces", new { name = "Own" }));
        var refused = await person.Send(HttpMethod.Delete, "auth/me", new { password = Somebody.Password });
        (await refused.Content.ReadAsStringAsync()).ShouldContain((string)own["slug"]!);
        (await Refusal.Of(refused)).ShouldBe((409, "LAST_OWNER"));
        (await person.Send(HttpMethod.Get, "auth/me")).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await person.Send(HttpMethod.Delete, $"workspaces/{own["slug"]}")).EnsureSuccessStatusCode();
        (await person.Send(HttpMethod.Delete, "auth/me", new { password = Somebody.Password })).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task The_operator_deletes_people_and_an_installation_keeps_one_operator()
    {
        using var person = await Somebody.Join(await Workspace.New(_stack), "viewer");
        using var @operator = await Somebody.SignIn(_stack, Stack.OwnerEmail, Stack.OwnerPassword);
        var found = false;
        for (var cursor = ""; !found;)
        {
            var page = await @operator.Get($"people?limit=200{cursor}");
            found = page["data"]!.AsArray().Any(p => (string?)p!["email"] == person.Email);
            if (!found) cursor = $"&cursor={(string?)page["next_cursor"] ?? throw new InvalidOperationException("The person is not in the list.")}";
        }
        (await @operator.Send(HttpMethod.Delete, $"people/{await person.Id()}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await person.Send(HttpMethod.Get, "auth/me")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await Refusal.Of(await @operator.Send(HttpMethod.Delete, $"people/{await @operator.Id()}"))).ShouldBe((409, "LAST_OPERATOR"));
        (await Refusal.Of(await @operator.Send(HttpMethod.Delete, $"people/{Guid.NewGuid()}"))).ShouldBe((404, "NOT_FOUND"));
    }

    [Fact]
    public async Task A_deleted_workspace_leaves_no_member_no_invitation_no_key_and_nothing_to_deliver()
    {
        var workspace = await Workspace.New(_stack);
        using var admin = await Somebody.Join(workspace, "admin");
        await workspace.NewKey();
        var token = (string)(await workspace.Post("tokens", new { name = "Script", role = "viewer" }))["token"]!;
        var invitation = Somebody.TokenOf(await workspace.Post("members", new { email = Somebody.NewEmail(), role = "viewer" }));
        var channel = await workspace.Post("channels", new { type = "webhook", name = "Away", url = "http://127.0.0.1:9/away" });
        await BusMessages.Publish(_stack, Told.Crossing(workspace.Id, Guid.NewGuid(), 80));
        await Until.Seen(() => Count("notifier", $"deliveries where channel_id = '{channel["id"]}' and status = 'pending' and attempts > 0"), count => count == 1, "a delivery that waits");

        (await workspace.Raw(HttpMethod.Delete, "")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Until.Seen(() => Count("notifier", $"channel_targets where channel_id = '{channel["id"]}'"), count => count == 0, "the channel's address");
        await Until.Seen(() => Count("notifier", $"deliveries where workspace_id = '{workspace.Id}' and status = 'pending'"), count => count == 0, "what waited", secondsMax: 90);
        foreach (var database in Databases)
        {
            await Until.Seen(() => Count(database, $"directory where kind = 'member' and workspace_id = '{workspace.Id}' and body->>'role' is not null"), count => count == 0, $"members in {database}");
            await Until.Seen(() => Count(database, $"directory where kind in ('key', 'credential') and workspace_id = '{workspace.Id}' and body->>'revokedAt' is null"), count => count == 0, $"keys in {database}");
        }
        (await Refusal.Of(await Somebody.Call(_stack, "auth/invitations/accept", new { token = invitation, password = Somebody.Password }))).ShouldBe((400, "LINK_EXPIRED"));
        using var script = new HttpClient { BaseAddress = new Uri(_stack.Dashboard.Url), DefaultRequestHeaders = { Authorization = new("Bearer", token) } };
        (await script.GetAsync($"/api/v1/workspaces/{workspace.Id}")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await _stack.Query<string>("keyregistry", $"select headers->>'by' from mt_events where stream_id = 'workspace-{workspace.Id}' and type = 'workspace-deleted'")).ShouldStartWith("user:");

        // What is crossed too late is kept, told to nobody, and holds up nothing.
        var alerts = await Count("notifier", $"alerts where workspace_id = '{workspace.Id}'");
        await BusMessages.Publish(_stack, Told.Crossing(workspace.Id, Guid.NewGuid(), 100));
        await Until.Seen(() => Count("notifier", $"alerts where workspace_id = '{workspace.Id}'"), count => count == alerts + 1, "the late crossing", secondsMax: 10);
        (await Count("notifier", $"deliveries where workspace_id = '{workspace.Id}' and status = 'pending'")).ShouldBe(0);
    }

    private async Task<string> Left(Guid id, params string[] texts)
    {
        var left = new List<string>();
        foreach (var database in Databases)
        {
            if (await Origins(database, id) is > 0 and var origins) left.Add($"{origins} addresses in {database}");
            foreach (var text in texts)
                if (await _stack.Mentions(database, text) is > 0 and var mentions) left.Add($"{text} {mentions} times in {database}");
        }
        return string.Join(", ", left);
    }

    private int Mails(string email)
    {
        var folder = Path.Combine(_stack.KeyRegistry.Home, "mail");
        return Directory.Exists(folder) ? Directory.GetFiles(folder, "*.eml").Count(file => File.ReadAllText(file).Contains(email)) : 0;
    }

    private Task<long> Origins(string database, Guid user) => Count(database, $"origins where actor = 'user:{user}'");

    private Task<long> Count(string database, string of) => _stack.Query<long>(database, $"select count(*) from {of}");
}

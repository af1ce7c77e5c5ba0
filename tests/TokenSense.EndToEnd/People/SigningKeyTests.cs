using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.People;

/// <summary>Keys that sign access tokens follow each other, and nobody is signed out by it.</summary>
[Collection(nameof(SharedStack))]
public sealed class SigningKeyTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task A_new_key_is_known_everywhere_before_it_signs_and_the_old_one_still_verifies()
    {
        var workspace = await Workspace.New(_stack);
        using var before = await Somebody.SignIn(_stack, Stack.OwnerEmail, Stack.OwnerPassword);
        await using var registry = await _stack.Another("KeyRegistry", new Dictionary<string, string> { ["SigningKeys__PublishSeconds"] = "3600" });
        using var @operator = await Somebody.SignIn(_stack, Stack.OwnerEmail, Stack.OwnerPassword);
        var made = await Rotate(registry, (string)@operator.Session["access_token"]!);
        ((Guid)(await Rotate(registry, (string)@operator.Session["access_token"]!))["id"]!).ShouldBe((Guid)made["id"]!, "one is on its way already");
        foreach (var database in new[] { "metering", "budgets", "notifier" })
            await Until.Seen(() => _stack.Query<long>(database, $"select count(*) from directory where kind = 'signing-key' and id = '{made["id"]}'"), count => count == 1, database);

        // This process has signed nothing yet, so it knows no other key by heart.
        KeyOf(await TokenFrom(registry)).ShouldBe(KeyOf(before));
        await _stack.Execute("keyregistry", $"update signing_key_secrets set signs_from = now() where id = '{made["id"]}'");
        Somebody? after = null;
        await Until.Seen(async () =>
        {
            after?.Dispose();
            after = await Somebody.SignIn(_stack, Stack.OwnerEmail, Stack.OwnerPassword);
            return KeyOf(after);
        }, key => key == (string)made["id"]!, "a token of the new key");
        foreach (var path in new[] { "auth/me", $"workspaces/{workspace.Slug}/spend", $"workspaces/{workspace.Slug}/usage", $"workspaces/{workspace.Slug}/alerts" })
            foreach (var who in new[] { before, after! }) (await who.Send(HttpMethod.Get, path)).StatusCode.ShouldBe(HttpStatusCode.OK, path);

        using var http = new HttpClient { BaseAddress = new Uri(_stack.Dashboard.Url) };
        var published = JsonNode.Parse(await http.GetStringAsync("/.well-known/jwks.json"))!["keys"]!.AsArray();
        published.Select(key => (string)key!["kid"]!).ShouldBe([KeyOf(before), KeyOf(after!)], ignoreOrder: true);
        published.ShouldAllBe(key => key!["d"] == null);

        // Once it is over, for tokens that it signed too.
        await BusMessages.Publish(_stack, new SigningKeyChanged { SigningKeyId = Guid.Parse(KeyOf(before)), Jwk = published.Single(key => (string)key!["kid"]! == KeyOf(before))!.ToJsonString(), NotAfter = DateTimeOffset.UtcNow, Version = 100 });
        await Until.Seen(async () => (await before.Send(HttpMethod.Get, $"workspaces/{workspace.Slug}/spend")).StatusCode, status => status == HttpStatusCode.Unauthorized, "the end of the old key");
        (await after!.Send(HttpMethod.Get, $"workspaces/{workspace.Slug}/spend")).StatusCode.ShouldBe(HttpStatusCode.OK);

        // Long enough after the new one signs the private half of the old one goes.
        await _stack.Execute("keyregistry", "update signing_key_secrets set signs_from = signs_from - interval '1 minute'");
        await using (await _stack.Another("KeyRegistry")) await Until.Seen(() => _stack.Query<long>("keyregistry", "select count(*) from signing_key_secrets"), count => count == 1, "the end of the old secret");
        (await _stack.Query<DateTime>("keyregistry", $"select (body->>'notAfter')::timestamptz from directory where kind = 'signing-key' and id = '{KeyOf(before)}'"))
            .ShouldBeInRange(DateTime.UtcNow.AddMinutes(15), DateTime.UtcNow.AddMinutes(17));
        after.Dispose();
    }

    [Fact]
    public async Task Only_the_operator_has_a_key_made()
    {
        using var person = await Somebody.Join(await Workspace.New(_stack), "owner");
        (await Refusal.Of(await person.Send(HttpMethod.Post, "auth/signing-keys/rotate"))).ShouldBe((403, "FORBIDDEN"));
        (await Refusal.Of(await person.Send(HttpMethod.Get, "people"))).ShouldBe((403, "FORBIDDEN"));
    }

    private static async Task<JsonNode> Rotate(ServiceProcess registry, string token)
    {
        using var http = new HttpClient { BaseAddress = new Uri(registry.Url), DefaultRequestHeaders = { Authorization = new("Bearer", token) } };
        return await Workspace.Read(await http.PostAsync("/api/v1/auth/signing-keys/rotate", null));
    }

    private static async Task<string> TokenFrom(ServiceProcess registry)
    {
        using var http = new HttpClient { BaseAddress = new Uri(registry.Url) };
        return (string)(await Workspace.Read(await http.PostAsJsonAsync("/api/v1/auth/token", new { email = Stack.OwnerEmail, password = Stack.OwnerPassword })))["access_token"]!;
    }

    private static string KeyOf(Somebody who) => KeyOf((string)who.Session["access_token"]!);

    private static string KeyOf(string token)
    {
        var head = token.Split('.')[0].Replace('-', '+').Replace('_', '/');
        return (string)JsonNode.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(head.PadRight((head.Length + 3) / 4 * 4, '='))))!["kid"]!;
    }
}

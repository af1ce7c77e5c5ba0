using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using CsvHelper;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Api;

/// <summary>Who changed what, from what to what, when and from where: of every service, as one log.</summary>
[Collection(nameof(SharedStack))]
public sealed class AuditLogTests(SharedStack shared)
{
    private const string Address = "203.0.113.77";
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task Every_change_is_told_with_who_made_it_what_it_changed_and_from_where()
    {
        var began = DateTimeOffset.UtcNow.AddSeconds(-1);
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("Client A");
        await As(workspace, HttpMethod.Patch, $"projects/{project}", new { name = "Client B" });
        await workspace.Post($"projects/{project}/archive", new { });
        await workspace.Post($"projects/{project}/unarchive", new { });
        await As(workspace, HttpMethod.Patch, "", new { name = "Renamed", time_zone = "Europe/Berlin" });
        var key = await workspace.NewKey(project);
        await As(workspace, HttpMethod.Patch, $"keys/{key.Id}", new { name = "robot" });
        var rotated = (string)(await workspace.Post($"keys/{key.Id}/rotate", new { }))["secret"]!;
        var token = await workspace.Post("tokens", new { name = "nightly", role = "admin" });
        // By the token, and through a proxy that says for whom.
        await Send((string)token["token"]!, HttpMethod.Put, $"{Path(workspace)}/projects/{project}/budget", new { amount_usd = 12.345678901234m }, Address);
        await workspace.SetProjectBudget(project, 100.10m);
        await workspace.Raw(HttpMethod.Delete, $"projects/{project}/budget");
        await workspace.Raw(HttpMethod.Delete, $"tokens/{token["id"]}");
        const string url = "https://hooks.example.com/services/T0KEN-in-the-path";
        var channel = await workspace.Post("channels", new { type = "webhook", name = "Ops", url });
        await As(workspace, HttpMethod.Patch, $"channels/{channel["id"]}", new { thresholds = new[] { 100 }, url = url + "/2" });
        await workspace.Raw(HttpMethod.Delete, $"channels/{channel["id"]}");
        await Reports.Http(_stack, new[] { Reports.Line("a", key), Reports.Line("a", key, input: 2) });
        var conflict = (await workspace.Get("conflicts"))["data"]![0]!["id"]!;
        await workspace.Raw(HttpMethod.Post, $"conflicts/{conflict}/dismiss");
        await workspace.Raw(HttpMethod.Delete, $"keys/{key.Id}");

        var log = await All(workspace, "limit=200");
        log.Select(e => (string)e["action"]!).Reverse().ShouldBe(
        [
            "workspace.created", "member.role_given", "project.created", "project.changed", "project.archived", "project.unarchived", "workspace.renamed",
            "workspace.time_zone_chosen", "key.created", "key.changed", "key.rotated", "token.created", "budget.set", "budget.set", "budget.removed", "token.revoked",
            "channel.created", "channel.changed", "channel.deleted", "kept_line.dismissed", "key.revoked",
        ], ignoreOrder: true);
        log.Select(e => Time(e)).ShouldBeInOrder(SortDirection.Descending);
        log.ShouldAllBe(e => Time(e) > began && Time(e) < DateTimeOffset.UtcNow.AddSeconds(1));
        var me = (string)One(log, "member.role_given")["subject"]!["id"]!;
        foreach (var entry in log)
        {
            var byToken = (string)entry["from"]! == Address;
            entry["actor"]!.ToJsonString().ShouldBe(byToken
                ? $$"""{"type":"token","id":"{{token["id"]}}","name":"nightly","email":null}"""
                : $$"""{"type":"user","id":"{{me}}","name":"owner","email":"{{Stack.OwnerEmail}}"}""");
            if (!byToken) ((string)entry["from"]!).ShouldBeOneOf("127.0.0.1", "::1");
        }
        One(log, "member.role_given")["subject"]!.ToJsonString().ShouldBe($$"""{"type":"member","id":"{{me}}","name":"owner"}""");
        Changed(One(log, "project.changed")).ShouldBe("""{"name":"Client A"} → {"name":"Client B"}""");
        Changed(One(log, "workspace.renamed")).ShouldEndWith("""→ {"name":"Renamed"}""");
        Changed(One(log, "key.changed")).ShouldBe("""{"name":"key"} → {"name":"robot"}""");
        var budgets = log.Where(e => ((string)e["action"]!).StartsWith("budget.", StringComparison.Ordinal)).Reverse().ToList();
        budgets.Select(Changed).ShouldBe(
        [
            """null → {"amount_usd":12.345678901234,"mode":"block","thresholds":[80,100]}""", """{"amount_usd":12.345678901234} → {"amount_usd":100.10}""",
            """{"amount_usd":100.10,"mode":"block","thresholds":[80,100]} → null""",
        ]);
        budgets.Select(e => ((string)e["from"]! == Address, (string)e["subject"]!["name"]!)).ShouldBe([(true, "Client B"), (false, "Client B"), (false, "Client B")]);
        Changed(One(log, "channel.changed")).ShouldBe("""{"thresholds":null} → {"thresholds":[100],"target_changed":true}""");
        Changed(One(log, "kept_line.dismissed")).ShouldBe("""{"status":"kept"} → {"status":"dismissed"}""");

        // Neither what opens nor its hash, in whatever form it is asked for.
        var text = new JsonArray([.. log.Select(e => e.DeepClone())]).ToJsonString() + await Text(workspace, "format=csv") + await Text(workspace, "format=json");
        foreach (var secret in new[] { key.Secret, key.Sha256, rotated, (string)token["token"]!, (string)channel["secret"]!, "T0KEN-in-the-path", "sha256" })
            text.ShouldNotContain(secret, Case.Insensitive);
    }

    [Fact]
    public async Task It_is_narrowed_down_by_who_what_which_and_when()
    {
        var day = DateTime.UtcNow;
        var workspace = await Workspace.New(_stack);
        var (one, two) = (await workspace.Project("One"), await workspace.Project("Two"));
        await workspace.SetProjectBudget(one, 5);
        var token = await workspace.Post("tokens", new { name = "script", role = "admin" });
        await Send((string)token["token"]!, HttpMethod.Patch, $"{Path(workspace)}/projects/{two}", new { name = "Three" });

        (await Actions(workspace, "action=project")).ShouldBe(["project.changed", "project.created", "project.created"]);
        (await Actions(workspace, "action=project.changed")).ShouldBe(["project.changed"]);
        (await Actions(workspace, "action=proj")).ShouldBeEmpty();
        (await Actions(workspace, $"subject={one}")).ShouldBe(["budget.set", "project.created"]);
        (await Actions(workspace, $"actor={token["id"]}")).ShouldBe(["project.changed"]);
        (await Actions(workspace, $"actor=token:{token["id"]}&action=project")).ShouldBe(["project.changed"]);
        (await Actions(workspace, $"actor={Guid.NewGuid()}")).ShouldBeEmpty();
        var set = One(await All(workspace, "action=budget"), "budget.set");
        var at = Uri.EscapeDataString(Time(set).ToString("o"));
        (await Actions(workspace, $"from={at}&subject={one}")).ShouldBe(["budget.set"]);
        (await Actions(workspace, $"to={at}&subject={one}")).ShouldBe(["project.created"]);
        (await Actions(workspace, $"from={DateTime.UtcNow.AddDays(1):yyyy-MM-dd}")).ShouldBeEmpty();
        (await Actions(workspace, $"from={day:yyyy-MM-dd}&to={DateTime.UtcNow:yyyy-MM-dd}&subject={one}")).Count.ShouldBe(2);

        var wrong = await workspace.Raw(HttpMethod.Get, "audit?from=soon&limit=0&cursor=x&subject=y");
        wrong.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        JsonNode.Parse(await wrong.Content.ReadAsStringAsync())!["errors"]!.AsObject().Select(e => e.Key).ShouldBe(["cursor", "from", "limit", "subject"]);
        (await workspace.Raw(HttpMethod.Get, "audit?format=xml")).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Pages_neither_lose_nor_repeat_an_entry_while_changes_are_made()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("P");
        for (var n = 0; n < 12; n++)
        {
            await As(workspace, HttpMethod.Patch, $"projects/{project}", new { name = $"P{n}" });
            await workspace.SetProjectBudget(project, n + 1);
        }
        var before = (await All(workspace, "limit=200")).Select(e => (string)e["id"]!).ToList();
        before.Count.ShouldBe(27);

        using var stop = new CancellationTokenSource();
        var changing = Task.Run(async () =>
        {
            for (var n = 100; !stop.IsCancellationRequested; n++) await workspace.SetProjectBudget(project, n);
        });
        var paged = (await All(workspace, "limit=2")).Select(e => (string)e["id"]!).ToList();
        await stop.CancelAsync();
        await changing;
        paged.Distinct().Count().ShouldBe(paged.Count);
        paged.SkipWhile(id => id != before[0]).ShouldBe(before);

        // All at one time, in two services: the id decides.
        foreach (var database in new[] { "keyregistry", "budgets" })
            await _stack.Execute(database, $"update mt_events set timestamp = '2026-01-01T00:00:00Z' where tenant_id = '{workspace.Id}'");
        (await All(workspace, "limit=5")).Select(e => (string)e["id"]!).ShouldBe((await All(workspace, "limit=200")).Select(e => (string)e["id"]!));
        (await All(workspace, "limit=5")).Select(e => (string)e["id"]!).Distinct().Count().ShouldBeGreaterThanOrEqualTo(27);
    }

    [Fact]
    public async Task A_file_holds_what_the_pages_hold_and_no_cell_is_a_formula()
    {
        var workspace = await Workspace.New(_stack);
        var project = await workspace.Project("=cmd|' /C calc'!A0");
        await workspace.SetProjectBudget(project, 7.5m);
        var key = await workspace.NewKey(project);
        var pages = await All(workspace, "limit=2");

        using var response = await workspace.Raw(HttpMethod.Get, "audit?format=json");
        response.Content.Headers.ContentDisposition!.FileName!.ShouldStartWith($"tokensense-audit-{workspace.Slug}-");
        var file = JsonNode.Parse(await response.Content.ReadAsStringAsync())!["data"]!.AsArray();
        file.Count.ShouldBe(pages.Count);
        foreach (var (entry, n) in file.Select((e, n) => (e!, n))) JsonNode.DeepEquals(entry, pages[n]).ShouldBeTrue(entry.ToJsonString());

        var rows = Csv(await Text(workspace, "format=csv"));
        rows.Select(r => r["id"]).ShouldBe(pages.Select(e => (string)e["id"]!));
        foreach (var (row, n) in rows.Select((r, n) => (r, n))) JsonNode.DeepEquals(JsonNode.Parse(row["after"]), pages[n]["after"]).ShouldBeTrue(row["after"]);
        rows.Single(r => r["action"] == "project.created")["subject"].ShouldBe("'=cmd|' /C calc'!A0");
        rows.ShouldAllBe(r => r["actor_email"] == Stack.OwnerEmail && DateTimeOffset.Parse(r["at"], CultureInfo.InvariantCulture).Offset == TimeSpan.Zero);
        (await Text(workspace, $"format=csv&subject={key.Id}")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2);
    }

    [Fact]
    public async Task Members_read_it_viewers_and_strangers_do_not_and_only_the_operator_reads_the_installations()
    {
        var (workspace, other) = (await Workspace.New(_stack), await Workspace.New(_stack));
        async Task<string> Token(string role) => (string)(await workspace.Post("tokens", new { name = role, role }))["token"]!;
        var (viewer, member) = (await Token("viewer"), await Token("member"));
        foreach (var more in new[] { "", "?format=csv" })
        {
            (await Status(null, Path(workspace) + "/audit" + more)).ShouldBe(HttpStatusCode.Unauthorized);
            (await Status(viewer, Path(workspace) + "/audit" + more)).ShouldBe(HttpStatusCode.Forbidden);
            (await Status(member, Path(workspace) + "/audit" + more)).ShouldBe(HttpStatusCode.OK);
            (await Status(member, Path(other) + "/audit" + more)).ShouldBe(HttpStatusCode.NotFound);
            (await Status(null, "/api/v1/audit" + more)).ShouldBe(HttpStatusCode.Unauthorized);
            (await Status(member, "/api/v1/audit" + more)).ShouldBe(HttpStatusCode.Forbidden);
        }
        using var refused = await Send(null, HttpMethod.Get, Path(workspace) + "/audit");
        (refused.Headers.WwwAuthenticate.ToString(), (string?)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["code"]).ShouldBe(("Bearer", "UNAUTHENTICATED"));
        // Of people a workspace learns only who are its own.
        (await Status(viewer, Path(workspace) + "/audit/people")).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_operator_reads_what_belongs_to_no_workspace_and_the_log_of_one_that_was_deleted()
    {
        using var owner = await Workspace.SignedIn(_stack);
        var name = $"edge-{Guid.NewGuid():N}"[..20];
        var made = await Workspace.Read(await owner.PostAsJsonAsync("/api/v1/gateways", new { name }));
        await owner.DeleteAsync($"/api/v1/gateways/{made["id"]}");
        var log = (await Workspace.Read(await owner.GetAsync($"/api/v1/audit?subject={made["id"]}")))["data"]!.AsArray();
        log.Select(e => ((string)e!["action"]!, (string)e["subject"]!["name"]!, (string)e["actor"]!["email"]!)).ShouldBe(
            [("gateway.revoked", name, Stack.OwnerEmail), ("gateway.created", name, Stack.OwnerEmail)]);
        log.ToJsonString().ShouldNotContain((string)made["token"]!);
        (await Workspace.Read(await owner.GetAsync("/api/v1/audit?action=person.registered")))["data"]!.AsArray().Count.ShouldBeGreaterThan(0);

        var workspace = await Workspace.New(_stack);
        await workspace.Raw(HttpMethod.Delete, "");
        (await workspace.Raw(HttpMethod.Get, "audit")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var kept = (await Workspace.Read(await owner.GetAsync($"/api/v1/audit?workspace={workspace.Id}")))["data"]!.AsArray();
        kept.Select(e => (string)e!["action"]!).ShouldBe(["workspace.deleted", "member.removed", "workspace.created", "member.role_given"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_part_that_does_not_answer_is_never_a_log_with_a_hole()
    {
        var workspace = await Workspace.New(_stack);
        var token = (string)(await workspace.Post("tokens", new { name = "reader", role = "member" }))["token"]!;
        // Where nobody listens.
        await using var door = new ServiceProcess("Dashboard", new Dictionary<string, string>(_stack.Settings) { ["Services__Notifier"] = "http://127.0.0.1:9" });
        door.Launch();
        using var http = new HttpClient { BaseAddress = new Uri(door.Url) };
        await Until.Seen(async () => (await http.GetAsync("/health/live")).StatusCode, status => status == HttpStatusCode.OK, "the other door");
        (await http.GetAsync(Path(workspace) + "/audit")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var more in new[] { "", "?action=key", "?format=csv" })
        {
            using var answer = await http.GetAsync(Path(workspace) + "/audit" + more);
            (answer.StatusCode, (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["code"]).ShouldBe((HttpStatusCode.ServiceUnavailable, "SERVICE_UNAVAILABLE"));
            answer.Headers.RetryAfter.ShouldNotBeNull();
        }
    }

    [Fact]
    public async Task Who_is_erased_is_an_id_and_an_erased_address_is_none()
    {
        var workspace = await Workspace.New(_stack);
        var gone = Guid.NewGuid();
        await _stack.Execute("keyregistry",
            $$"""
            update mt_events set headers = jsonb_set(headers, '{by}', '"user:{{gone}}"') where tenant_id = '{{workspace.Id}}';
            update mt_events set headers = jsonb_set(headers, '{origin}', to_jsonb(gen_random_uuid())) where tenant_id = '{{workspace.Id}}';
            """);
        foreach (var entry in await All(workspace, ""))
            (entry["actor"]!.ToJsonString(), entry["from"]).ShouldBe(($$"""{"type":"user","id":"{{gone}}","name":null,"email":null}""", null));
    }

    [Fact]
    public async Task No_page_reads_more_of_a_store_than_its_audited_events()
    {
        // The index that a page of the log walks, made in the background at a service's first start.
        foreach (var database in new[] { "keyregistry", "metering", "budgets", "notifier" })
            await Until.Seen(() => _stack.Query<long>(database,
                "select count(*) from pg_index where indexrelid::regclass::text like 'audited%' and indisvalid and indrelid = 'mt_events'::regclass"),
                count => count == 1, $"the index in {database}");
        // Marten drops indexes that it does not know of.
        const string made = "select oid::text from pg_class where relname like 'audited%'";
        var before = await _stack.Query<string>("budgets", made);
        await using (await _stack.Another("Budgets")) { }
        (await _stack.Query<string>("budgets", made)).ShouldBe(before, "another start left it alone");
    }

    private static string Path(Workspace workspace) => $"/api/v1/workspaces/{workspace.Id}";

    private async Task<HttpResponseMessage> Send(string? token, HttpMethod method, string path, object? body = null, string? forwardedFor = null)
    {
        using var http = new HttpClient { BaseAddress = new Uri(_stack.Dashboard.Url) };
        if (token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (forwardedFor is not null) http.DefaultRequestHeaders.Add("X-Forwarded-For", forwardedFor);
        return await http.SendAsync(new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) });
    }

    private async Task<HttpStatusCode> Status(string? token, string path)
    {
        using var answer = await Send(token, HttpMethod.Get, path);
        return answer.StatusCode;
    }

    private static async Task As(Workspace workspace, HttpMethod method, string path, object body) => await Workspace.Read(await workspace.Raw(method, path.Length == 0 ? "." : path, body));

    private static async Task<List<JsonNode>> All(Workspace workspace, string query)
    {
        var (entries, cursor) = (new List<JsonNode>(), "");
        do
        {
            var page = await workspace.Get($"audit?{query}{cursor}");
            entries.AddRange(page["data"]!.AsArray().Select(e => e!));
            cursor = (string?)page["next_cursor"] is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        return entries;
    }

    private static async Task<List<string>> Actions(Workspace workspace, string query) => [.. (await All(workspace, query)).Select(e => (string)e["action"]!)];

    private static async Task<string> Text(Workspace workspace, string query)
    {
        using var answer = await workspace.Raw(HttpMethod.Get, $"audit?{query}");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadAsStringAsync();
    }

    private static List<Dictionary<string, string>> Csv(string text)
    {
        using var csv = CsvReader.Create(new StringReader(text), new CsvReaderOptions());
        csv.ReadHeader();
        var names = csv.Headers.ToList();
        var rows = new List<Dictionary<string, string>>();
        while (csv.Read()) rows.Add(names.Select((name, index) => (name, Value: csv.GetString(index))).ToDictionary(f => f.name, f => f.Value));
        return rows;
    }

    private static JsonNode One(List<JsonNode> log, string action) => log.Single(e => (string)e["action"]! == action);

    private static DateTimeOffset Time(JsonNode entry) => DateTimeOffset.Parse((string)entry["at"]!, CultureInfo.InvariantCulture);

    private static string Changed(JsonNode entry) => $"{entry["before"]?.ToJsonString() ?? "null"} → {entry["after"]?.ToJsonString() ?? "null"}";
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Gateway;

/// <summary>A gateway's user at the broker: made and removed with its credential, and good for reporting usage alone.</summary>
[Collection(nameof(SharedStack))]
public sealed class BrokerUserTests(SharedStack shared, ITestOutputHelper output)
{
    private const string Usage = "TokenSense.Contracts:UsageReported";
    private const ushort AccessRefused = 403;
    private const ushort NotAllowed = 530;
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task A_process_that_waits_for_its_turn_with_the_users_does_not_hold_up_what_the_relay_tells()
    {
        await using var database = _stack.Database("keyregistry");
        await using var holder = await database.OpenConnectionAsync();
        await using (var take = new NpgsqlCommand("select pg_advisory_lock(7306102)", holder)) await take.ExecuteNonQueryAsync();
        const string waiting = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query like '%advisory_lock(7306102)' and application_name <> ''";
        await Until.Seen(() => _stack.Query<long>("keyregistry", waiting), count => count > 0, "KeyRegistry at the lock");
        // An append that was rolled back leaves such a gap, and a relay passes it only when nobody can fill it any more.
        await _stack.Query<long>("keyregistry", "select nextval('mt_events_sequence')");
        var watch = Stopwatch.StartNew();
        await (await Workspace.New(_stack)).NewKey();
        // Held up, it is told after 30 s.
        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_gateway_publishes_usage_with_its_name_and_its_token_and_it_counts()
    {
        var (workspace, gateway) = (await Workspace.New(_stack), await OtherGateway.Admit(_stack));
        var key = await workspace.NewKey();
        await using var connection = await gateway.Connect();
        await using var channel = await Confirming(connection);
        await Reports.Publish(channel, [Reports.Line("by-its-user", key)], gateway.Name);
        await workspace.UntilSpent(Reports.Cost(1_000, 100));
        ((string?)(await workspace.Get($"usage/{gateway.Name}/by-its-user"))["source"]).ShouldBe(gateway.Name);
        ((string?)(await gateway.View())!["broker_user"]).ShouldBe(gateway.User);
    }

    [Fact]
    public async Task Everything_else_that_it_tries_at_the_broker_is_refused()
    {
        var gateway = await OtherGateway.Admit(_stack);
        await using var connection = await gateway.Connect();
        byte[] body = [.. "{}"u8];
        var tries = new Dictionary<string, Func<IChannel, Task>>
        {
            ["publish to another exchange"] = c => c.BasicPublishAsync("TokenSense.Contracts:UsageRecorded", "", body).AsTask(),
            ["publish to one whose name begins alike"] = c => c.BasicPublishAsync("TokenSense.Contracts:UsageReported2", "", body).AsTask(),
            ["publish to a heartbeat"] = c => c.BasicPublishAsync("TokenSense.Contracts:GatewayHeartbeat", "", body).AsTask(),
            ["publish to a queue by the default exchange"] = c => c.BasicPublishAsync("", "metering-usage-reported", body).AsTask(),
            ["publish to a queue by its own exchange"] = c => c.BasicPublishAsync("budgets-usage-recorded", "", body).AsTask(),
            ["declare a queue"] = c => c.QueueDeclareAsync("of-a-gateway"),
            ["declare a queue without a name"] = c => c.QueueDeclareAsync(),
            ["declare an exchange"] = c => c.ExchangeDeclareAsync("of-a-gateway", ExchangeType.Fanout),
            ["bind a queue"] = c => c.QueueBindAsync("metering-usage-reported", Usage, ""),
            ["bind an exchange"] = c => c.ExchangeBindAsync("metering-usage-reported", Usage, ""),
            ["consume"] = c => c.BasicConsumeAsync("metering-usage-reported", true, new AsyncEventingBasicConsumer(c)),
            ["get"] = c => c.BasicGetAsync("metering-usage-reported", true),
            ["purge a queue"] = c => c.QueuePurgeAsync("metering-usage-reported"),
            ["delete a queue"] = c => c.QueueDeleteAsync("metering-usage-reported"),
            ["delete the exchange"] = c => c.ExchangeDeleteAsync(Usage),
        };
        foreach (var (what, tried) in tries) (await Refusal(connection, tried)).ShouldBe(AccessRefused, what);
        connection.IsOpen.ShouldBeTrue();

        using var management = OtherGateway.Management(_stack);
        var other = $"other-{Guid.NewGuid():N}";
        (await management.PutAsJsonAsync($"vhosts/{other}", new { })).EnsureSuccessStatusCode();
        try
        {
            // The client takes the refusal for the end of a connection that it had.
            await using var elsewhere = await gateway.Connect(virtualHost: other);
            await Until.Seen(() => Task.FromResult(elsewhere.CloseReason?.ReplyCode), code => code == NotAllowed, "the refusal of another virtual host");
        }
        finally
        {
            await management.DeleteAsync($"vhosts/{other}");
        }
        (await Connects(gateway, "wrong")).ShouldBeFalse();
        using var asGateway = new HttpClient { BaseAddress = management.BaseAddress };
        asGateway.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{gateway.User}:{gateway.Token}")));
        (await asGateway.GetAsync("whoami")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_deleted_gateway_is_cut_off_within_a_second_wherever_it_was_known()
    {
        var gateway = await OtherGateway.Admit(_stack);
        await using var connection = await gateway.Connect();
        (await ReportStatus(gateway.Token)).ShouldBe(HttpStatusCode.OK);
        (await SnapshotStatus(gateway.Token)).ShouldBe(HttpStatusCode.OK);

        var watch = Stopwatch.StartNew();
        var closed = Closed(connection);
        await gateway.Delete();
        var answered = watch.Elapsed;
        var ends = await Ends(watch, gateway, gateway.Token, closed);
        output.WriteLine($"deleted: answered after {answered.TotalMilliseconds:0} ms; {ends}");
        (await gateway.View()).ShouldBeNull();
        using var management = OtherGateway.Management(_stack);
        (await management.GetAsync($"users/{gateway.User}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await Should.ThrowAsync<AlreadyClosedException>(() => connection.CreateChannelAsync());
        await gateway.Delete();
    }

    [Fact]
    public async Task A_new_token_ends_the_old_one_everywhere_within_a_second_and_opens_the_broker_too()
    {
        var gateway = await OtherGateway.Admit(_stack);
        var old = gateway.Token;
        await using var connection = await gateway.Connect();

        var watch = Stopwatch.StartNew();
        var closed = Closed(connection);
        await gateway.Rotate();
        output.WriteLine($"rotated: {await Ends(watch, gateway, old, closed)}");

        (await ReportStatus(gateway.Token)).ShouldBe(HttpStatusCode.OK);
        await gateway.UntilState("ready");
        await using var again = await gateway.Connect();
        again.IsOpen.ShouldBeTrue();
    }

    [Fact]
    public async Task The_token_that_a_setting_gives_is_not_replaced_behind_its_back()
    {
        var http = await Workspace.SignedIn(_stack);
        var first = (await Workspace.Read(await http.GetAsync("/api/v1/gateways")))["data"]!.AsArray().Single(g => (string?)g!["name"] == "default")!;
        ((string?)first["broker_user"], (string?)first["broker_user_state"]).ShouldBe((OtherGateway.UserOf(_stack, "default"), "ready"));
        await using (await OtherGateway.Connect(_stack, OtherGateway.UserOf(_stack, "default"), Stack.GatewayToken)) { }
        var refused = await http.PostAsync($"/api/v1/gateways/{first["id"]}/rotate", null);
        (refused.StatusCode, (string?)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["code"]).ShouldBe((HttpStatusCode.Conflict, "TOKEN_IS_SET"));
        (await http.PostAsync($"/api/v1/gateways/{Guid.NewGuid()}/rotate", null)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_user_that_the_broker_has_already_is_nobodys_to_take()
    {
        using var management = OtherGateway.Management(_stack);
        var http = await Workspace.SignedIn(_stack);
        var name = OtherGateway.NewName();
        var user = OtherGateway.UserOf(_stack, name);
        (await management.PutAsJsonAsync($"users/{user}", new { password = "theirs", tags = "" })).EnsureSuccessStatusCode();
        var asItWas = await management.GetStringAsync($"users/{user}");

        var refused = await http.PostAsJsonAsync("/api/v1/gateways", new { name });
        (refused.StatusCode, (string?)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["code"]).ShouldBe((HttpStatusCode.Conflict, "NAME_TAKEN"));

        // Where the broker could not be asked the gateway is admitted, without the user.
        var blind = await _stack.Another("KeyRegistry", new Dictionary<string, string> { ["RabbitMq__ManagementUrl"] = "http://127.0.0.1:1" });
        var request = new HttpRequestMessage(HttpMethod.Post, $"{blind.Url}/api/v1/gateways") { Content = JsonContent.Create(new { name }) };
        request.Headers.Authorization = http.DefaultRequestHeaders.Authorization;
        var admitted = await Workspace.Read(await new HttpClient().SendAsync(request));
        async Task<JsonNode> View() => (await Workspace.Read(await http.GetAsync("/api/v1/gateways?limit=200")))["data"]!.AsArray().Single(g => (string?)g!["name"] == name)!;
        await Until.Seen(View, view => (string?)view["broker_user_state"] == "name_taken", "that the name is taken");
        (await http.DeleteAsync($"/api/v1/gateways/{admitted["id"]}")).EnsureSuccessStatusCode();
        await Until.Seen(() => _stack.Query<bool>("keyregistry", $"select applied_at is not null from gateway_users where name = '{name}'"), applied => applied, "its end");
        (await management.GetStringAsync($"users/{user}")).ShouldBe(asItWas);
        await management.DeleteAsync($"users/{user}");
        await blind.DisposeAsync();
    }

    [Fact]
    public async Task What_was_changed_at_the_broker_behind_our_back_is_put_right()
    {
        using var management = OtherGateway.Management(_stack);
        var (lost, widened) = (await OtherGateway.Admit(_stack), await OtherGateway.Admit(_stack));
        await management.DeleteAsync($"users/{lost.User}");
        (await management.PutAsJsonAsync($"permissions/%2F/{widened.User}", new { configure = ".*", write = ".*", read = ".*" })).EnsureSuccessStatusCode();

        // A start looks at once, what runs looks each minute.
        await using (await _stack.Another("KeyRegistry"))
        {
            await Until.Seen(async () => (await management.GetAsync($"users/{lost.User}")).StatusCode, status => status == HttpStatusCode.OK, "the user again");
            await Until.Seen(async () => JsonNode.Parse(await management.GetStringAsync($"permissions/%2F/{widened.User}"))!, p => (string?)p["read"] == "^$", "its bounds again");
        }
        await lost.UntilState("ready");
        await using (await lost.Connect()) { }
    }

    [Fact]
    public async Task A_new_password_whose_process_died_before_the_old_connections_were_cut_cuts_them_later()
    {
        var gateway = await OtherGateway.Admit(_stack);
        await using var connection = await gateway.Connect();
        var closed = Closed(connection);
        // As it leaves it: the broker has what is wanted, and nobody noted that all was done.
        await _stack.Execute("keyregistry", $"update gateway_users set applied_at = null where name = '{gateway.Name}'");
        await using (await _stack.Another("KeyRegistry")) await closed.WaitAsync(TimeSpan.FromSeconds(90));
    }

    [Fact]
    public async Task Who_says_with_the_message_which_user_published_it_cannot_claim_another_gateways_name()
    {
        var workspace = await Workspace.New(_stack);
        var (gateway, victim) = (await OtherGateway.Admit(_stack), await OtherGateway.Admit(_stack));
        var key = await workspace.NewKey();
        await using var watcher = await Watcher.On(_stack, "UsageRejected");
        await using var connection = await gateway.Connect();
        await using var channel = await Confirming(connection);
        Task Publish(string gatewayId, string line) => channel.BasicPublishAsync(Usage, "", mandatory: true,
            new BasicProperties { Persistent = true, ContentType = "application/json", UserId = gateway.User },
            System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["gatewayId"] = gatewayId, ["lines"] = new JsonArray(Reports.Line(line, key)) }.ToJsonString())).AsTask();

        await Publish(victim.Name, "claimed");
        await Publish(gateway.Name, "own");
        var refused = await Until.Seen(() => Task.FromResult(watcher.Seen.FirstOrDefault(r => (string?)r["gatewayId"] == gateway.Name)), seen => seen is not null, "the refusal");
        ((string?)refused!["code"]).ShouldBe("FORBIDDEN");
        (await workspace.UntilSpent(Reports.Cost(1_000, 100))).Workspace.ShouldBe(Reports.Cost(1_000, 100));
        (await workspace.Raw(HttpMethod.Get, $"usage/{victim.Name}/claimed")).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        // And it cannot say another's.
        (await Refusal(connection, c => c.BasicPublishAsync(Usage, "", false, new BasicProperties { UserId = victim.User }, new byte[1]).AsTask())).ShouldBe((ushort)406);
    }

    private async Task<string> Ends(Stopwatch watch, OtherGateway gateway, string token, Task<ShutdownEventArgs> closed)
    {
        var ends = new ConcurrentDictionary<string, double>();
        async Task End(string what, Func<Task<bool>> isOver)
        {
            // From when a try is refused: an unknown token is looked for twice before its answer, half a second apart.
            var tried = 0.0;
            await Until.Seen(() =>
            {
                tried = watch.Elapsed.TotalMilliseconds;
                return isOver();
            }, over => over, what);
            ends[what] = tried;
        }
        async Task Cut()
        {
            await closed.WaitAsync(TimeSpan.FromSeconds(10));
            ends["connection closed"] = watch.Elapsed.TotalMilliseconds;
        }
        await Task.WhenAll(
            Cut(),
            End("no new connection", async () => !await Connects(gateway, token)),
            End("POST usage 401", async () => await ReportStatus(token) == HttpStatusCode.Unauthorized),
            End("snapshot 401", async () => await SnapshotStatus(token) == HttpStatusCode.Unauthorized));
        var said = string.Join(", ", ends.OrderBy(e => e.Value).Select(e => $"{e.Key} {e.Value:0} ms"));
        ends.Values.Max().ShouldBeLessThan(1_000, said);
        return said;
    }

    private static async Task<bool> Connects(OtherGateway gateway, string token)
    {
        try
        {
            await using var connection = await gateway.Connect(token);
            return true;
        }
        catch (BrokerUnreachableException)
        {
            return false;
        }
    }

    private async Task<HttpStatusCode> ReportStatus(string token) => (await Reports.HttpRaw(_stack, "[{}]", token)).StatusCode;

    private async Task<HttpStatusCode> SnapshotStatus(string token)
    {
        using var http = new HttpClient();
        var request = new HttpRequestMessage(HttpMethod.Get, $"{_stack.Dashboard.Url}/api/v1/enforcement/snapshot");
        request.Headers.Authorization = new("Bearer", token);
        return (await http.SendAsync(request)).StatusCode;
    }

    private static Task<IChannel> Confirming(IConnection connection) =>
        connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true));

    // Some refusals are the answer, others come as the channel's end a moment later.
    private static async Task<ushort> Refusal(IConnection connection, Func<IChannel, Task> tried)
    {
        await using var channel = await connection.CreateChannelAsync();
        var closed = new TaskCompletionSource<ushort>(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.ChannelShutdownAsync += (_, e) => { closed.TrySetResult(e.ReplyCode); return Task.CompletedTask; };
        try
        {
            await tried(channel);
            return await closed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (OperationInterruptedException e)
        {
            return e.ShutdownReason!.ReplyCode;
        }
    }

    private static Task<ShutdownEventArgs> Closed(IConnection connection)
    {
        var closed = new TaskCompletionSource<ShutdownEventArgs>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, e) => { closed.TrySetResult(e); return Task.CompletedTask; };
        return closed.Task;
    }
}

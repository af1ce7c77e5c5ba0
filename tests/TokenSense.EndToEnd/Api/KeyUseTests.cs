using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Api;

/// <summary><c>last_used_at</c> of keys, which no use writes.</summary>
[Collection(nameof(SharedStack))]
public sealed class KeyUseTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task A_key_shows_its_newest_call_whatever_comes_late_or_from_the_future_and_hundreds_of_calls_are_one_message()
    {
        await using var watcher = await Watcher.On(_stack, "KeysUsed");
        var workspace = await Workspace.New(_stack);
        var (busy, ahead, unused, fence) = (await workspace.NewKey(), await workspace.NewKey(), await workspace.NewKey(), await workspace.NewKey());
        // To the microsecond, as it is kept.
        var newest = new DateTimeOffset(DateTimeOffset.UtcNow.Ticks / 10 * 10, TimeSpan.Zero);
        await Reports.Http(_stack, new JsonArray([.. Enumerable.Range(0, 600).Select(n => At(Reports.Line($"busy-{n}", busy), newest.AddSeconds(-(n * 7 % 600))))]));
        await Reports.Http(_stack, At(Reports.Line("ahead", ahead), newest.AddMinutes(4)));

        (await Used(workspace, busy, newest)).ShouldBe(newest);
        var told = (await Used(workspace, ahead, newest))!.Value;
        told.ShouldBeInRange(newest, DateTimeOffset.UtcNow);
        (await LastUsed(workspace, unused)).ShouldBeNull();
        // A message for each 5 s at most, of which the reports may have met two.
        watcher.Seen.Count(m => m["items"]!.AsArray().Any(i => (Guid)i!["keyId"]! == busy.Id)).ShouldBeInRange(1, 2);

        await Reports.Http(_stack, new JsonArray(At(Reports.Line("late", busy), newest.AddHours(-1)), At(Reports.Line("fence", fence), newest)));
        await Used(workspace, fence, newest);
        (await LastUsed(workspace, busy)).ShouldBe(newest);
        (await workspace.Get("keys"))["data"]!.AsArray().Single(k => (Guid)k!["id"]! == busy.Id)!["last_used_at"]!.GetValue<DateTimeOffset>().ShouldBe(newest);
    }

    [Fact]
    public async Task A_Metering_that_ends_in_order_tells_what_was_used_last()
    {
        var workspace = await Workspace.New(_stack);
        var key = await workspace.NewKey();
        var metering = await _stack.Another("Metering");
        var at = DateTimeOffset.UtcNow.AddSeconds(-1);
        var request = new HttpRequestMessage(HttpMethod.Post, $"{metering.Url}/api/v1/usage") { Content = JsonContent.Create(At(Reports.Line("last", key), at)) };
        request.Headers.Authorization = new("Bearer", Stack.GatewayToken);
        using var http = new HttpClient();
        (await http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await metering.End();
        await Used(workspace, key, at.AddMilliseconds(-1));
    }

    private static JsonObject At(JsonObject line, DateTimeOffset time)
    {
        line["time"] = time.ToString("o");
        return line;
    }

    private static Task<DateTimeOffset?> Used(Workspace workspace, Workspace.Key key, DateTimeOffset since) =>
        Until.Seen(() => LastUsed(workspace, key), at => at >= since, "the key's use");

    private static async Task<DateTimeOffset?> LastUsed(Workspace workspace, Workspace.Key key) =>
        (await workspace.Get($"keys/{key.Id}"))["last_used_at"]?.GetValue<DateTimeOffset>();
}

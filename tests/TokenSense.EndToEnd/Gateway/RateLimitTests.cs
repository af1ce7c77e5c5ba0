using System.Net;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Gateway;

/// <summary>Where the operator bounds the calls of a key, too many are refused before anything is done for them.</summary>
[Collection(nameof(SharedStack))]
public sealed class RateLimitTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task A_key_that_calls_too_often_is_told_when_to_come_again_and_no_other_key_is_held_up()
    {
        await using var gateway = await _stack.Another("Gateway", new Dictionary<string, string> { ["Gateway__RateLimitPerMinute"] = "2" });
        var (workspace, _, key) = await Calls.Prepared(_stack);
        var other = await workspace.NewKey();
        foreach (var known in new[] { key, other }) await Until.Seen(() => Calls.Ask(gateway.Url, known.Secret), a => a.Status == HttpStatusCode.OK, "the key at the other gateway");
        for (var i = 0; i < 2; i++) (await Calls.Send(Calls.Chat(gateway.Url, key.Secret))).Status.ShouldBe(HttpStatusCode.OK);

        // One whose body was read would be too large.
        var request = Calls.Chat(gateway.Url, key.Secret, "", $"\"user\":\"{new string('x', 40 * 1024 * 1024)}\"");
        request.Headers.ExpectContinue = true;
        var told = await Calls.Send(request);
        var error = told.Json["error"]!;
        ((int)told.Status, told.Code, (string?)error["type"], (int?)error["limit_per_minute"]).ShouldBe((429, "RATE_LIMITED", "rate_limit_error", 2));
        ((int)error["retry_after_seconds"]!).ShouldBeInRange(1, 60);
        told.Header("Retry-After").ShouldBe(error["retry_after_seconds"]!.ToJsonString());

        (await Calls.Send(Calls.Chat(gateway.Url, other.Secret))).Status.ShouldBe(HttpStatusCode.OK);
        // Whether it may spend is another question.
        (await Calls.Ask(gateway.Url, key.Secret)).Status.ShouldBe(HttpStatusCode.OK);
        (await Recorded.Until(workspace, 3)).Count.ShouldBe(3);
    }
}

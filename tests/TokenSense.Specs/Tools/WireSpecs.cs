using System.Text;
using System.Text.Json;
using Shouldly;
using TokenSense.Pricing;
using TokenSense.Tools.Demo;
using Xunit;

namespace TokenSense.Specs.Tools;

public sealed class WireSpecs
{
    private static readonly Lane OpenAi = Lane.All[0], Anthropic = Lane.All[1], Google = Lane.All[2];

    [Fact]
    public void A_gateways_estimate_of_a_call_is_what_the_trace_says()
    {
        foreach (var lane in Lane.All)
            UsageEstimate.Of(Wire.Body(lane, Call(context: 1_500, generated: 20), stream: true).Length, 0).InputTokens.ShouldBe(1_500);
    }

    [Fact]
    public void A_body_is_as_large_as_its_frame_at_least_and_64_KiB_at_most()
    {
        Wire.Body(OpenAi, Call(context: 1, generated: 1), stream: false).Length.ShouldBeLessThan(200);
        Wire.Body(OpenAi, Call(context: 10_000_000_000, generated: 1), stream: false).Length.ShouldBe(64 * 1024);
    }

    [Fact]
    public void A_call_says_what_it_may_generate_and_the_simulator_is_told_what_it_does()
    {
        foreach (var lane in Lane.All)
        {
            using var body = JsonDocument.Parse(Wire.Body(lane, Call(context: 500, generated: 30), stream: false));
            var member = lane == Google ? body.RootElement.GetProperty("generationConfig").GetProperty("maxOutputTokens") : body.RootElement.GetProperty("max_tokens");
            member.GetInt64().ShouldBe(30);
            Wire.Request(lane, Call(context: 500, generated: 30), stream: false, "ts_live_x").Headers.GetValues("x-simulate").ShouldBe(["input=500;output=30"]);
        }
    }

    [Fact]
    public void Each_provider_is_asked_for_a_stream_in_its_own_way()
    {
        Encoding.UTF8.GetString(Wire.Body(OpenAi, Call(), stream: true)).ShouldContain("\"stream\":true");
        Encoding.UTF8.GetString(Wire.Body(Anthropic, Call(), stream: true)).ShouldContain("\"stream\":true");
        Wire.Request(Google, Call(), stream: true, "k").RequestUri!.OriginalString.ShouldBe("v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse");
        Wire.Request(Google, Call(), stream: false, "k").RequestUri!.OriginalString.ShouldBe("v1beta/models/gemini-2.5-pro:generateContent");
    }

    [Fact]
    public void A_stream_is_complete_with_its_own_last_mark_and_not_before()
    {
        Complete(OpenAi, "data: {\"choices\":[]}\n\ndata: [DONE]\n\n", "data: {\"choices\":[]}\n\n");
        Complete(Anthropic, "event: message_delta\ndata: {}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", "event: message_delta\ndata: {}\n\n");
        Complete(Google, "data: {\"a\":1}\r\n\r\ndata: {\"finishReason\":\"STOP\"}\r\n\r\n", "data: {\"finishReason\":\"STOP\"}\r\n\r\ndata: {\"a\":1}\r\n\r\n");
        Wire.IsComplete(OpenAi, stream: true, "").ShouldBeFalse();
        Wire.IsComplete(Anthropic, stream: true, "").ShouldBeFalse();
        Wire.IsComplete(OpenAi, stream: false, "{\"id\":").ShouldBeFalse();
        Wire.IsComplete(OpenAi, stream: false, "{\"id\":1}\n").ShouldBeTrue();

        static void Complete(Lane lane, string whole, string cut)
        {
            Wire.IsComplete(lane, stream: true, whole).ShouldBeTrue();
            Wire.IsComplete(lane, stream: true, cut).ShouldBeFalse();
        }
    }

    private static TracedCall Call(long context = 100, long generated = 10) => new(TimeSpan.Zero, context, generated);
}

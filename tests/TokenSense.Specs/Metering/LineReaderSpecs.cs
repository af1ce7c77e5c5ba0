using System.Diagnostics.Metrics;
using System.Text.Json;
using Shouldly;
using TokenSense.Metering.Usage;
using Xunit;

namespace TokenSense.Specs.Metering;

public sealed class LineReaderSpecs
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private const string Good = """{"id":"r1","time":"2026-11-23T11:59:00Z","keySha256":"abababababababababababababababababababababababababababababababab","provider":"openai","model":"gpt-4o","usage":{"inputTokens":12,"outputTokens":3}}""";

    [Fact]
    public void A_line_is_read_in_camel_case_and_in_snake_case_alike()
    {
        var camel = Read(Good).Line!;
        var snake = Read(Good.Replace("keySha256", "key_sha256").Replace("inputTokens", "input_tokens").Replace("outputTokens", "output_tokens")).Line!;
        (camel.Usage.InputTokens, camel.Usage.OutputTokens).ShouldBe((12, 3));
        snake.Usage.ShouldBe(camel.Usage);
        snake.KeySha256.ShouldBe(camel.KeySha256);
    }

    [Theory]
    [InlineData("\"id\":\"r1\",", "", "id is required")]
    [InlineData("\"time\":\"2026-11-23T11:59:00Z\",", "", "time is required")]
    [InlineData("\"provider\":\"openai\",", "", "provider is required")]
    [InlineData("\"model\":\"gpt-4o\",", "", "model is required")]
    [InlineData("\"inputTokens\":12,", "", "usage.input_tokens is required")]
    [InlineData("\"inputTokens\":12", "\"inputTokens\":null", "usage.input_tokens is required")]
    [InlineData("\"inputTokens\":12", "\"InputTokens\":12", "'input_tokens'")]
    [InlineData("\"inputTokens\":12", "\"inputTokens\":\"12\"", "must be a whole number")]
    [InlineData("\"inputTokens\":12", "\"inputTokens\":1.5", "must be a whole number")]
    [InlineData("\"inputTokens\":12", "\"inputTokens\":99999999999999999999", "must be a whole number")]
    [InlineData("\"inputTokens\":12", "\"inputTokens\":-1", "between 0 and")]
    [InlineData("\"inputTokens\":12", "\"inputTokens\":10000000001", "between 0 and")]
    [InlineData("\"inputTokens\":12", "\"inputTokens\":12,\"cacheReadTokens\":13", "exceeds")]
    [InlineData("\"inputTokens\":12", "\"inputTokens\":12,\"CacheReadTokens\":3", "must be written 'cache_read_tokens'")]
    [InlineData("\"time\":\"2026-11-23T11:59:00Z\"", "\"time\":\"yesterday\"", "RFC 3339")]
    [InlineData("\"time\":\"2026-11-23T11:59:00Z\"", "\"time\":\"2026-11-23T12:05:01Z\"", "5 minutes ahead")]
    [InlineData("\"time\":\"2026-11-23T11:59:00Z\"", "\"time\":\"2026-08-25T11:59:59Z\"", "90 days back")]
    [InlineData("\"keySha256\":\"ab", "\"keySha256\":\"xy", "64 hexadecimal")]
    [InlineData("\"id\":\"r1\"", "\"id\":7", "id must be a string")]
    [InlineData("\"id\":\"r1\"", "\"id\":\"r1\",\"costUsd\":-1", "must not be negative")]
    [InlineData("\"id\":\"r1\"", "\"id\":\"r1\",\"costUsd\":0.0000000000001", "12 decimals")]
    [InlineData("\"id\":\"r1\"", "\"id\":\"r1\",\"costUsd\":1e-30", "12 decimals")]
    [InlineData("\"id\":\"r1\"", "\"id\":\"r1\",\"costUsd\":1e30", "too large")]
    [InlineData("\"id\":\"r1\"", "\"id\":\"r1\",\"metadata\":{\"a\":1}", "metadata values must be strings")]
    [InlineData("\"id\":\"r1\"", "\"id\":\"r1\",\"gatewayEpoch\":7", "gateway_epoch must be a UUID")]
    [InlineData("\"id\":\"r1\"", "\"id\":\"r1\",\"gatewayEpoch\":\"first\"", "gateway_epoch must be a UUID")]
    [InlineData("\"id\":\"r1\"", "\"id\":\"r1\",\"GatewayEpoch\":null", "must be written 'gateway_epoch'")]
    public void What_is_wrong_is_said_and_never_read_as_zero(string part, string instead, string message)
    {
        Good.ShouldContain(part);
        var (line, problem, _, _, _) = Read(Good.Replace(part, instead));
        line.ShouldBeNull();
        problem!.Message.ShouldContain(message);
    }

    [Fact]
    public void Everything_wrong_is_said_at_once() =>
        Read("""{"usage":{}}""").Problem!.Message.ShouldBe(
            "id is required; provider is required; model is required; time is required; usage.input_tokens is required; usage.output_tokens is required.");

    [Theory]
    [InlineData("1e-7", "0.0000001")]
    [InlineData("0.000000000001", "0.000000000001")]
    [InlineData("1.50", "1.5")]
    public void A_reported_cost_is_exact(string written, string meant) =>
        Read(Good.Replace("\"id\":\"r1\"", $"\"id\":\"r1\",\"costUsd\":{written}")).Line!.CostUsd.ShouldBe(decimal.Parse(meant, System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void The_same_content_has_the_same_hash_however_it_was_written()
    {
        var (key, line) = (Guid.NewGuid(), Read(Good.Replace("\"id\":\"r1\"", "\"id\":\"r1\",\"costUsd\":1.50")).Line!);
        var again = Read(Good.Replace("\"id\":\"r1\"", "\"id\":\"r1\",\"cost_usd\":1.5").Replace("11:59:00Z", "13:59:00+02:00")).Line!;
        again.ContentHash(key, null).ShouldBe(line.ContentHash(key, null));
        Read(Good.Replace(":12", ":13")).Line!.ContentHash(key, null).ShouldNotBe(line.ContentHash(key, null));
    }

    [Theory]
    [InlineData("gatewayEpoch")]
    [InlineData("gateway_epoch")]
    public void The_gateways_run_is_read_and_is_no_part_of_what_bills(string member)
    {
        var (run, key) = (Guid.NewGuid(), Guid.NewGuid());
        var line = Read(Good.Replace("\"id\":\"r1\"", $"\"id\":\"r1\",\"{member}\":\"{run}\"")).Line!;
        line.GatewayEpoch.ShouldBe(run);
        line.ContentHash(key, null).ShouldBe(Read(Good).Line!.ContentHash(key, null));
    }

    [Theory]
    [InlineData("\"outputTokens\"", "\"other\"")]
    [InlineData("2026-11-23T11:59:00Z", "2026-11-23T12:59:00Z")]
    public void A_line_that_cannot_count_still_says_whose_key_it_names(string part, string instead)
    {
        var (line, problem, _, _, keyRef) = Read(Good.Replace(part, instead));
        line.ShouldBeNull();
        problem.ShouldNotBeNull();
        keyRef.ShouldBe(Read(Good).Line!.KeyRef);
    }

    [Fact]
    public void Unknown_members_are_passed_over() => Read(Good.Replace("\"id\":\"r1\"", "\"id\":\"r1\",\"colour\":\"red\"")).Line.ShouldNotBeNull();

    [Fact]
    public void Unknown_members_are_counted()
    {
        var counted = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, on) => { if (instrument is { Meter.Name: "TokenSense", Name: "tokensense.usage.unknown_members" }) on.EnableMeasurementEvents(instrument); },
        };
        // Others may read lines at the same time; counted is on the thread that reads.
        var thread = Environment.CurrentManagedThreadId;
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => counted += Environment.CurrentManagedThreadId == thread ? count : 0);
        listener.Start();
        Read(Good.Replace("\"id\":\"r1\"", "\"id\":\"r1\",\"colour\":\"red\",\"size\":null").Replace(":12", ":12,\"puffs\":1"));
        counted.ShouldBe(3);
        Read(Good);
        Read(Good.Replace("\"id\":\"r1\"", "\"id\":\"r1\",\"GatewayEpoch\":null"));
        counted.ShouldBe(3);
    }

    [Fact]
    public void Of_a_line_that_does_not_count_its_own_members_are_kept_and_of_the_providers_body_model_and_usage()
    {
        var line = Good.Replace("\"usage\":{\"inputTokens\":12,\"outputTokens\":3}", "\"secret\":1,\"metadata\":{\"a\":\"b\"},\"response\":BODY").Replace("\"model\":\"gpt-4o\",", "");
        string Kept(string body) => JsonSerializer.Serialize(LineReader.Kept(JsonSerializer.Deserialize<JsonElement>(line.Replace("BODY", body))).Where(m => m.Key is not ("id" or "time" or "keySha256")).ToDictionary());
        Kept("""{"model":"gpt-4o","choices":[{"message":{"content":"text"}}],"usage":{"prompt_tokens":2,"completion_tokens":3}}""").ShouldBe(
            """{"provider":"openai","metadata":{"a":"b"},"model":"gpt-4o","usage":{"input_tokens":2,"output_tokens":3}}""");
        Kept("""{"choices":"text"}""").ShouldBe("""{"provider":"openai","metadata":{"a":"b"}}""");
        Kept("""{"model":"NAME","choices":[],"usage":{"prompt_tokens":2,"completion_tokens":3}}""".Replace("NAME", new string('m', 300))).ShouldNotContain("mmm");
    }

    [Fact]
    public void A_usage_name_tells_its_parts_apart()
    {
        var workspace = Guid.NewGuid();
        UsageName.Of(workspace, "gateway:a", "b", "c").ShouldBe(UsageName.Of(workspace, "gateway:a", "b", "c"));
        UsageName.Of(workspace, "gateway:a", "b", "c").ShouldNotBe(UsageName.Of(workspace, "gateway:a", "bc", ""));
        UsageName.Of(workspace, "gateway:a", "b", "c").Version.ShouldBe(5);
    }

    private static (ReportedLine? Line, LineProblem? Problem, string? Id, string? Source, string? KeyRef) Read(string json) =>
        LineReader.Read(JsonSerializer.Deserialize<JsonElement>(json), Now);
}

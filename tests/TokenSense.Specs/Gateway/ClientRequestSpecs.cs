using System.Text;
using System.Text.Json;
using Shouldly;
using TokenSense.Gateway.Proxy;
using Xunit;

namespace TokenSense.Specs.Gateway;

public sealed class ClientRequestSpecs
{
    [Fact]
    public void A_body_that_holds_nothing_of_ours_goes_up_as_it_was_written() =>
        Up(""" { "model" : "gpt-4o","n":1e0, "messages":[ {"role":"user","content":"\u00e9"} ],"temperature":0.70 } """)
            .ShouldBe(""" { "model" : "gpt-4o","n":1e0, "messages":[ {"role":"user","content":"\u00e9"} ],"temperature":0.70 } """);

    [Theory]
    [InlineData("""{"metadata":{"a":"b"},"model":"m"}""", """{"model":"m"}""")]
    [InlineData("""{"model":"m","metadata":{"a":"b"}}""", """{"model":"m"}""")]
    [InlineData("""{"model":"m", "metadata" : {"a":"b"} , "x" : [1.50, "y"] }""", """{"model":"m","x" : [1.50, "y"]}""")]
    [InlineData("""{"metadata":null}""", "{}")]
    public void Metadata_is_taken_out_and_the_rest_stays_as_written(string body, string up) => Up(body).ShouldBe(up);

    [Theory]
    [InlineData("""{"stream":true}""", """{"stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"stream":true,"stream_options":{"include_usage":false,"include_obfuscation":false}}""",
        """{"stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true}}""")]
    [InlineData("""{"stream_options":null,"stream":true}""", """{"stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"stream":true,"stream_options":{"include_usage":true}}""", """{"stream":true,"stream_options":{"include_usage":true}}""")]
    [InlineData("""{"stream":false}""", """{"stream":false}""")]
    public void A_streams_usage_is_asked_for(string body, string up) => Up(body, asksForUsage: true).ShouldBe(up);

    [Fact]
    public void What_the_gateway_must_know_is_read()
    {
        var read = Read("""{"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":5,"max_completion_tokens":9,"n":3,"metadata":{"a":"b","n":1.50,"t":true,"z":null}}""");
        (read.Model, read.Stream, read.AsksForUsage, read.OutputTokensMax, read.Answers).ShouldBe(("m", true, true, 9L, 3L));
        read.Metadata.ShouldBe(new Dictionary<string, string> { ["a"] = "b", ["n"] = "1.50", ["t"] = "true" });
    }

    [Theory]
    [InlineData("gemini-2.5-pro", true)]
    [InlineData("text-embedding_004.1", true)]
    [InlineData("", false)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("a\\b", false)]
    [InlineData("gemini-2.5-pro:batchGenerateContent?x=", false)]
    [InlineData("gemini%2F..", false)]
    public void A_model_in_an_address_leads_nowhere_else(string model, bool isModel) => ClientRequest.IsPathModel(model).ShouldBe(isModel);

    [Fact]
    public void Files_and_images_count_for_less_than_text_of_their_size()
    {
        var image = "data:image/png;base64," + new string('A', 30_000);
        var read = Read($$$"""{"model":"m","messages":[{"content":[{"type":"image_url","image_url":{"url":"{{{image}}}"}},{"text":"{{{new string('x', 900)}}} y"}]}],"n":1}""");
        read.EncodedBytes.ShouldBe(image.Length);
        read.EstimateBytes.ShouldBe(read.Bytes - image.Length + image.Length / 30);
        read.Model.ShouldBe("m");
        Read($$"""{"text":"{{string.Join(' ', Enumerable.Repeat("word", 1_000))}}"}""").EncodedBytes.ShouldBe(0);
    }

    [Theory]
    [InlineData("""{"max_tokens":0,"n":-1}""")]
    [InlineData("""{"max_tokens":-5,"n":0}""")]
    [InlineData("""{"max_tokens":1.5,"n":"2"}""")]
    public void A_bound_below_1_or_that_is_no_whole_number_bounds_nothing(string body)
    {
        var read = Read(body);
        (read.OutputTokensMax, read.Answers).ShouldBe((null, 1L));
    }

    [Fact]
    public void Geminis_bounds_are_read()
    {
        var read = Read("""{"contents":[],"generationConfig":{"maxOutputTokens":7,"candidateCount":2}}""");
        (read.Model, read.OutputTokensMax, read.Answers).ShouldBe((null, 7L, 2L));
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("""{"model":"m"}}""", "not valid JSON")]
    [InlineData("""{"model":"m",}""", "not valid JSON")]
    [InlineData("""{"model":"m" """, "not valid JSON")]
    [InlineData("""{"model":1}""", "model must be a string")]
    [InlineData("""{"model":""}""", "1 to 256")]
    [InlineData("""{"model":"a\nb"}""", "control characters")]
    [InlineData("""{"model":"\ud800"}""", "Unicode")]
    [InlineData("""{"\ud800":1}""", "Unicode")]
    [InlineData("""{"model":"cheap","model":"dear"}""", "model is given twice")]
    [InlineData("""{"model":"m","n":1,"n":100}""", "n is given twice")]
    [InlineData("""{"model":"m","metadata":[]}""", "metadata must be an object")]
    [InlineData("""{"model":"m","metadata":{"a":{}}}""", "metadata is at most")]
    [InlineData("""{"model":"m","metadata":{"a":"b\u0000"}}""", "metadata is at most")]
    [InlineData("""{"model":"m","metadata":{"a\u0000":"b"}}""", "metadata is at most")]
    [InlineData("""{"model":"m","stream_options":7}""", "stream_options must be an object")]
    [InlineData("""{"model":"m","background":true}""", "background is not offered")]
    [InlineData("""{"model":"m","background":1}""", "background must be true or false")]
    [InlineData("""{"model":"m","stream":"true"}""", "stream must be true or false")]
    [InlineData("""{"model":"m","service_tier":"priority"}""", "no price")]
    [InlineData("""{"model":"m","speed":"fast"}""", "no price")]
    public void What_is_wrong_is_said(string body, string problem) => ClientRequest.Read(Encoding.UTF8.GetBytes(body)).Problem.ShouldNotBeNull().ShouldContain(problem);

    [Fact]
    public void Metadata_has_its_bounds()
    {
        Problem(16, 64, 256).ShouldBeNull();
        Problem(17, 1, 1).ShouldNotBeNull();
        Problem(1, 65, 1).ShouldNotBeNull();
        Problem(1, 1, 257).ShouldNotBeNull();

        static string? Problem(int pairs, int nameLength, int valueLength) => ClientRequest.Read(JsonSerializer.SerializeToUtf8Bytes(new
        {
            metadata = Enumerable.Range(0, pairs).ToDictionary(i => $"{i}".PadLeft(nameLength, 'k'), _ => new string('v', valueLength)),
        })).Problem;
    }

    [Fact]
    public void However_deep_a_body_is_it_is_read_or_refused() =>
        ClientRequest.Read(Encoding.UTF8.GetBytes("""{"x":""" + new string('[', 5_000) + new string(']', 5_000) + "}")).Problem.ShouldNotBeNull();

    private static ClientRequest Read(string body)
    {
        var (request, problem) = ClientRequest.Read(Encoding.UTF8.GetBytes(body));
        problem.ShouldBeNull();
        return request.ShouldNotBeNull();
    }

    private static string Up(string body, bool asksForUsage = false) => Encoding.UTF8.GetString(Read(body).Upstream(asksForUsage).Span);
}

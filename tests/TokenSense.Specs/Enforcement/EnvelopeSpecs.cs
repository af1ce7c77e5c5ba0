using System.Text;
using System.Text.Json;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.Enforcement;
using Xunit;

namespace TokenSense.Specs.Enforcement;

public sealed class EnvelopeSpecs
{
    private const string Beat = """{"epoch":3,"completeTo":"2026-11-23T12:00:00Z"}""";

    [Fact]
    public void Plain_JSON_is_what_its_exchange_says() => Read(Beat, "TokenSense.Contracts:BudgetsHeartbeat").ShouldBe(new BudgetsHeartbeat { Epoch = 3, CompleteTo = World.Now });

    [Fact]
    public void An_envelope_is_what_its_urns_say_whatever_exchange_it_came_through() =>
        Read($$"""{"messageId":"1","messageType":["urn:message:Other:Thing","urn:message:TokenSense.Contracts:BudgetsHeartbeat"],"message":{{Beat}},"host":{} }""", "elsewhere")
            .ShouldBeOfType<BudgetsHeartbeat>().Epoch.ShouldBe(3);

    [Fact]
    public void Money_keeps_all_its_digits() =>
        Read("""{"epoch":1,"workspaceId":"00000001-0000-0000-0000-000000000000","scope":"key","scopeId":"00000001-0000-0000-0000-000000000000","period":"2026-11","version":1,"spentUsd":123456789.000000000001,"resetsAt":"2026-12-01T00:00:00Z"}""",
            "TokenSense.Contracts:SpendChanged").ShouldBeOfType<SpendChanged>().SpentUsd.ShouldBe(123456789.000000000001m);

    [Theory]
    [InlineData("""{"epoch":3}""")]
    [InlineData("""{"epoch":"x","completeTo":null}""")]
    [InlineData("{")]
    [InlineData("")]
    public void What_misses_a_required_member_is_never_read_as_zero(string body) => Should.Throw<JsonException>(() => Read(body, "TokenSense.Contracts:BudgetsHeartbeat"));

    [Fact]
    public void A_null_where_there_must_be_a_list_is_malformed() =>
        Should.Throw<JsonException>(() => Read(
            """{"keyId":"00000001-0000-0000-0000-000000000000","workspaceId":"00000001-0000-0000-0000-000000000000","name":"k","scopes":null,"secrets":[],"version":1}""",
            "TokenSense.Contracts:ApiKeyChanged"));

    [Theory]
    [InlineData("[]", "TokenSense.Contracts:BudgetsHeartbeat")]
    [InlineData(Beat, "TokenSense.Contracts:Unheard")]
    [InlineData("""{"messageType":["urn:message:Other:Thing"],"message":{}}""", "TokenSense.Contracts:BudgetsHeartbeat")]
    public void What_is_of_no_known_type_is_not_guessed_at(string body, string exchange) => Should.Throw<FormatException>(() => Read(body, exchange));

    [Fact]
    public void Messages_have_a_largest_size() => Should.Throw<FormatException>(() => Envelope.Read(new byte[Envelope.BytesMax + 1], ""));

    [Fact]
    public void Settings_do_not_print_their_secrets() =>
        new FeedSettings(new("amqp://user:secret@broker:5672/"), new("http://api:8080"), "tsg_secret").ToString().ShouldNotContain("secret");

    private static object Read(string body, string exchange) => Envelope.Read(Encoding.UTF8.GetBytes(body), exchange);
}

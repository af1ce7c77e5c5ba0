using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Shouldly;
using TokenSense.KeyRegistry.Credentials;
using Xunit;

namespace TokenSense.Specs.Keys;

/// <summary>What a gateway's user at the broker is made of.</summary>
public sealed class BrokerSpecs
{
    [Fact]
    public void A_password_is_hashed_as_RabbitMQ_does() =>
        // The example of its documentation.
        BrokerPassword.Hash("test12", [0x90, 0x8D, 0xC6, 0x0A]).ShouldBe("kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR");

    [Fact]
    public void Each_hash_has_a_salt_of_its_own_and_is_opened_by_its_password_alone()
    {
        var (one, other) = (BrokerPassword.Hash("secret"), BrokerPassword.Hash("secret"));
        one.ShouldNotBe(other);
        foreach (var hash in new[] { one, other })
        {
            BrokerPassword.Opens(hash, "secret").ShouldBeTrue();
            BrokerPassword.Opens(hash, "secret2").ShouldBeFalse();
        }
        BrokerPassword.Opens("AAAA", "secret").ShouldBeFalse();
    }

    [Theory]
    [InlineData("TokenSense.Contracts:UsageReported", true)]
    [InlineData("TokenSense.Contracts:UsageReported2", false)]
    [InlineData("XTokenSense.Contracts:UsageReported", false)]
    [InlineData("TokenSense-Contracts:UsageReported", false)]
    [InlineData("TokenSense.Contracts:UsageRecorded", false)]
    [InlineData("amq.default", false)]
    public void A_gateways_user_may_write_to_the_exchange_of_usage_and_to_nothing_whose_name_is_like_it(string exchange, bool may) =>
        Regex.IsMatch(exchange, BrokerManagement.Permissions.OfGateway.Write).ShouldBe(may);

    [Fact]
    public void Without_an_address_of_the_management_API_no_users_are_made() => Read([]).MakesUsers.ShouldBeFalse();

    [Theory]
    [InlineData("http://127.0.0.1:15672", "http://127.0.0.1:15672/api/", "bus", "p/w")]
    [InlineData("https://admin:s%40x@mq.example.com/rabbit/", "https://mq.example.com/rabbit/api/", "admin", "s@x")]
    public void Its_credentials_are_those_of_the_bus_unless_others_are_given(string given, string address, string user, string password)
    {
        var read = Read(new() { ["RabbitMq:ManagementUrl"] = given, ["RabbitMq:UserPrefix"] = "a-" });
        (read.Management!.AbsoluteUri, read.User, read.Password, read.SystemUser, read.VirtualHost, read.UserOf("edge"))
            .ShouldBe((address, user, password, "bus", "own", "a-edge"));
    }

    [Theory]
    [InlineData("RabbitMq:ManagementUrl", "somewhere")]
    [InlineData("RabbitMq:UserPrefix", "A B")]
    public void What_makes_no_sense_ends_the_start(string name, string value) =>
        Should.Throw<InvalidOperationException>(() => Read(new() { ["RabbitMq:ManagementUrl"] = "http://h", [name] = value })).Message.ShouldContain(name.Replace(":", "__"));

    private static BrokerSettings Read(Dictionary<string, string?> more) => BrokerSettings.From(new ConfigurationBuilder()
        .AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:RabbitMq"] = "amqp://bus:p%2Fw@mq:5672/own" }).AddInMemoryCollection(more).Build());
}

using System.Net;
using Shouldly;
using TokenSense.Notifier.Channels;
using Xunit;

namespace TokenSense.Specs.Notifier;

/// <summary>A channel leads out into the internet, to nothing of the operator's own.</summary>
public sealed class ChannelAddressSpecs
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.0.2.1")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.255")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("3fff::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void These_are_not_public(string address) => PublicAddresses.Contains(IPAddress.Parse(address)).ShouldBeFalse();

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("223.255.255.255")]
    [InlineData("2001:200::1")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450::1")]
    public void These_are(string address) => PublicAddresses.Contains(IPAddress.Parse(address)).ShouldBeTrue();

    [Theory]
    [InlineData("https://example.com/hook?x=1")]
    [InlineData("https://example.com:8443/")]
    [InlineData("https://1.1.1.1/")]
    [InlineData("https://[2606:4700::1111]/")]
    [InlineData("https://bücher.example/")]
    public void A_channel_may_lead_here(string url) => Problem(url).ShouldBeNull();

    [Theory]
    [InlineData("", "must be an absolute URL")]
    [InlineData("/hook", "must be an absolute URL")]
    [InlineData("example.com/hook", "must be an absolute URL")]
    [InlineData("http://example.com/", "must begin with https://")]
    [InlineData("ftp://example.com/", "must begin with https://")]
    [InlineData("file:///etc/passwd", "must be an absolute URL")]
    [InlineData("https://user:secret@example.com/", "must not contain a user or password")]
    [InlineData("https://localhost/", "must not lead to a private address")]
    [InlineData("https://x.LOCALHOST./", "must not lead to a private address")]
    [InlineData("https://127.0.0.1/", "must not lead to a private address")]
    [InlineData("https://0x7f.1/", "must not lead to a private address")]
    [InlineData("https://2130706433/", "must not lead to a private address")]
    [InlineData("https://0177.0.0.1/", "must not lead to a private address")]
    [InlineData("https://[::1]/", "must not lead to a private address")]
    [InlineData("https://[::ffff:10.0.0.1]/", "must not lead to a private address")]
    [InlineData("https://169.254.169.254/latest/meta-data", "must not lead to a private address")]
    public void A_channel_may_not_lead_here(string url, string problem) => Problem(url).ShouldBe(problem);

    [Theory]
    [InlineData("http://127.0.0.1:9000/", null)]
    [InlineData("https://10.0.0.1/", null)]
    [InlineData("http://mattermost.internal/hooks/x", null)]
    [InlineData("ftp://10.0.0.1/", "must begin with https://")]
    [InlineData("http://user@10.0.0.1/", "must not contain a user or password")]
    public void An_operator_may_allow_the_own_network_and_nothing_else(string url, string? problem) =>
        Problem(url, allowPrivateAddresses: true).ShouldBe(problem);

    [Fact]
    public void A_url_has_an_end() => Problem($"https://example.com/{new string('x', 2_048)}").ShouldBe("must be at most 2048 characters");

    private static string? Problem(string url, bool allowPrivateAddresses = false) =>
        ChannelUrl.TryRead(url, allowPrivateAddresses, out _, out var problem) ? null : problem;
}

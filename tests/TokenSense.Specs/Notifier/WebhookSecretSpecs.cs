using System.Text;
using Shouldly;
using TokenSense.Notifier.Channels;
using Xunit;

namespace TokenSense.Specs.Notifier;

public sealed class WebhookSecretSpecs
{
    // HMAC-SHA256 over "{id}.{timestamp}.{body}", computed with openssl.
    [Theory]
    [InlineData("whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=", "msg_00000000000000000000000000000001", 1764000000, """{"a":1}""", "v1,/GpLu+Ko0ml2yEm9IEaBt7vg1rV0jE8sIpFls4EwmzU=")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}""", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    public void The_signature_is_that_of_Standard_Webhooks(string secret, string id, long timestamp, string body, string signature)
    {
        WebhookSecret.TryRead(secret, out var key).ShouldBeTrue();
        WebhookSecret.Sign(key, id, timestamp, Encoding.UTF8.GetBytes(body)).ShouldBe(signature);
    }

    [Fact]
    public void A_new_secret_is_valid_and_another_each_time()
    {
        var (one, two) = (WebhookSecret.New(), WebhookSecret.New());
        one.ShouldNotBe(two);
        WebhookSecret.TryRead(one, out var key).ShouldBeTrue();
        key.Length.ShouldBe(32);
    }

    [Theory]
    [InlineData(23, false)]
    [InlineData(24, true)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_secret_has_24_to_64_bytes(int bytes, bool valid) =>
        (WebhookSecret.Problem($"whsec_{Convert.ToBase64String(new byte[bytes])}") is null).ShouldBe(valid);

    [Theory]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjU PD8ILPZIo2LaLaSw")]
    [InlineData("whsec_MfKQ9r8GKYqrTwjU-D8ILPZIo2LaLaSw")]
    public void Anything_else_is_none(string secret) => WebhookSecret.Problem(secret).ShouldBe("must be whsec_ and base64 of 24 to 64 bytes");
}

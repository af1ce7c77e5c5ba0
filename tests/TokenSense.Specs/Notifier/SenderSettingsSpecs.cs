using MailKit.Security;
using Microsoft.Extensions.Configuration;
using Shouldly;
using TokenSense.Notifier.Channels;
using TokenSense.ServiceDefaults.Mail;
using Xunit;

namespace TokenSense.Specs.Notifier;

public sealed class SenderSettingsSpecs
{
    [Fact]
    public void Without_settings_mail_has_no_server_and_private_addresses_are_refused()
    {
        var smtp = Smtp();
        (smtp.Host, smtp.Port, smtp.Credential, smtp.From.ToString()).ShouldBe((null, 587, null, "\"TokenSense\" <alerts@localhost>"));
        NotifierSettings.Of(Configuration()).AllowPrivateAddresses.ShouldBeFalse();
        NotifierSettings.Of(Configuration(("Notifier:AllowPrivateAddresses", "true"))).AllowPrivateAddresses.ShouldBeTrue();
    }

    [Theory]
    [InlineData(null, "auto", SecureSocketOptions.StartTlsWhenAvailable)]
    [InlineData("25", "auto", SecureSocketOptions.StartTlsWhenAvailable)]
    [InlineData("465", "auto", SecureSocketOptions.SslOnConnect)]
    [InlineData("465", "starttls", SecureSocketOptions.StartTls)]
    [InlineData("2525", "tls", SecureSocketOptions.SslOnConnect)]
    [InlineData("2525", "none", SecureSocketOptions.None)]
    public void Security_follows_the_port_unless_it_is_said(string? port, string security, SecureSocketOptions options) =>
        Smtp(("Port", port), ("Security", security)).Security.ShouldBe(options);

    [Fact]
    public void A_password_goes_over_TLS_unless_somebody_says_otherwise()
    {
        Smtp(("User", "u"), ("Password", "p")).Security.ShouldBe(SecureSocketOptions.StartTls);
        Smtp(("User", "u"), ("Password", "p"), ("Security", "none")).Security.ShouldBe(SecureSocketOptions.None);
    }

    [Theory]
    [InlineData("Port", "0", "Smtp__Port must be 1 to 65535.")]
    [InlineData("Port", "x", "Smtp__Port must be 1 to 65535.")]
    [InlineData("Security", "ssl", "Smtp__Security must be auto, none, starttls or tls.")]
    [InlineData("From", "nobody", "Smtp__From must be a mail address, like TokenSense <alerts@example.com>.")]
    [InlineData("User", "u", "Smtp__Password is missing beside the other.")]
    [InlineData("Password", "hidden", "Smtp__User is missing beside the other.")]
    public void What_is_wrong_is_said_by_its_name(string name, string value, string message) =>
        Should.Throw<InvalidOperationException>(() => Smtp((name, value))).Message.ShouldBe(message);

    [Fact]
    public void A_switch_is_true_or_false() =>
        Should.Throw<InvalidOperationException>(() => NotifierSettings.Of(Configuration(("Notifier:AllowPrivateAddresses", "yes"))))
            .Message.ShouldBe("Notifier__AllowPrivateAddresses must be true or false.");

    [Fact]
    public void The_password_is_not_printed() => Smtp(("User", "u"), ("Password", "hidden")).ToString().ShouldNotContain("hidden");

    private static SmtpSettings Smtp(params (string Name, string? Value)[] settings) =>
        SmtpSettings.Of(Configuration([.. settings.Select(s => ($"Smtp:{s.Name}", s.Value))]));

    private static IConfiguration Configuration(params (string Name, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create(s.Name, s.Value))).Build();
}

using MailKit.Security;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using MimeKit;
using Shouldly;
using TokenSense.EndToEnd.Running;
using TokenSense.Notifier.Channels;
using TokenSense.ServiceDefaults.Mail;
using Xunit;

namespace TokenSense.EndToEnd.Channels;

/// <summary>Mail against a real mail server, which reads it with the mailparser library.</summary>
public sealed class MailTests : IAsyncLifetime
{
    private MailReceiver _server = null!;
    private readonly List<Postbox> _postboxes = [];
    private Mailer _mailer = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await MailReceiver.Start();
        _mailer = MailerOf(_server);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var postbox in _postboxes) await postbox.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_mail_program_reads_subject_text_and_html_whatever_names_hold()
    {
        var notice = Notices.New();

        (await _mailer.Send("owner@example.org", notice, default)).ShouldBe(new Outcome.Delivered());

        var (mail, text) = (_server.Received.ShouldHaveSingleItem(), AlertText.Of(notice));
        (mail.To.ShouldHaveSingleItem(), mail.From, mail.Subject).ShouldBe(("owner@example.org", "alerts@localhost", text.Subject));
        mail.Text!.Trim().ShouldBe(text.Plain.Trim());
        mail.Html!.Trim().ShouldBe(text.Html.Trim());
        mail.Headers["bcc"].ShouldBeNull();
        ((string?)mail.Headers["auto-submitted"], (string?)mail.Headers["x-tokensense-alert-id"]).ShouldBe(("auto-generated", notice.Alerts[0].Id.ToString()));
        mail.Headers["date"].ShouldNotBeNull();
        mail.Headers["references"].ShouldNotBeNull();
    }

    [Fact]
    public async Task A_repeated_mail_is_known_by_its_id()
    {
        var notice = Notices.New();
        foreach (var to in new[] { "owner@example.org", "owner@example.org", "admin@example.org" }) await _mailer.Send(to, notice, default);
        var ids = _server.Received.Select(mail => mail.MessageId).ToList();
        (ids[0] == ids[1], ids[0] == ids[2]).ShouldBe((true, false));
    }

    [Fact]
    public async Task A_recipient_that_the_server_does_not_know_is_refused_and_others_are_not()
    {
        await _server.Refuse("gone@example.org");
        (await _mailer.Send("gone@example.org", Notices.New(), default)).ShouldBe(new Outcome.Refused("SMTP 550 for the recipient"));
        (await _mailer.Send("owner@example.org", Notices.New(), default)).ShouldBe(new Outcome.Delivered());
        _server.Refused.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_mailbox_that_is_full_for_now_is_no_fault_of_the_server()
    {
        await _server.Refuse("full@example.org", 452);
        (await _mailer.Send("full@example.org", Notices.New(), default)).ShouldBe(new Outcome.Refused("SMTP 452 for the recipient"));
    }

    [Theory]
    [InlineData(451, "Unreachable { Reason = SMTP 451 for the message, RetryAfter =  }")]
    [InlineData(554, "Refused { Reason = SMTP 554 for the message }")]
    public async Task A_busy_server_gets_the_message_later_and_one_that_refuses_it_does_not(int code, string outcome)
    {
        await _server.Busy(code);
        (await _mailer.Send("owner@example.org", Notices.New(), default)).ToString().ShouldBe(outcome);
        _server.Refused.Count.ShouldBe(1);
        await _server.Busy(0);
        (await _mailer.Send("owner@example.org", Notices.New(), default)).ShouldBe(new Outcome.Delivered());
    }

    [Fact]
    public async Task Where_no_server_listens_it_is_tried_again_later_and_a_connection_of_before_is_no_hindrance()
    {
        (await _mailer.Send("owner@example.org", Notices.New(), default)).ShouldBe(new Outcome.Delivered());
        await _server.Kill();
        (await _mailer.Send("owner@example.org", Notices.New(), default)).ShouldBe(new Outcome.Unreachable("No connection to the mail server."));
        await _server.Restart();
        (await _mailer.Send("owner@example.org", Notices.New(), default)).ShouldBe(new Outcome.Delivered());
        await _server.Restart();
        (await _mailer.Send("owner@example.org", Notices.New(), default)).ShouldBe(new Outcome.Delivered());
    }

    [Fact]
    public async Task A_burst_goes_over_a_few_connections()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(n => _mailer.Send($"owner{n}@example.org", Notices.New(), default)));
        outcomes.ShouldAllBe(outcome => outcome is Outcome.Delivered);
        _server.Received.Select(mail => mail.To[0]).Distinct().Count().ShouldBe(100);
        _server.Received.Select(mail => mail.Connection).Distinct().Count().ShouldBeInRange(1, 4);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("")]
    [InlineData("@example.org")]
    public async Task What_is_no_address_is_refused(string address) =>
        (await _mailer.Send(address, Notices.New(), default)).ShouldBe(new Outcome.Unsent("The mail address is not valid."));

    [Fact]
    public async Task A_certificate_that_nobody_should_trust_is_not_trusted()
    {
        await using var server = await MailReceiver.Start(tls: true);
        var mailer = MailerOf(server);
        (await mailer.Send("owner@example.org", Notices.New(), default)).ShouldBe(new Outcome.Unreachable("No TLS connection to the mail server."));
        server.Received.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_wants_a_sign_in_gets_it_and_a_wrong_one_is_not_the_recipients_fault()
    {
        await using var server = await MailReceiver.Start(user: "sender", password: "right");
        var right = MailerOf(server, ("User", "sender"), ("Password", "right"), ("Security", "none"));
        var wrong = MailerOf(server, ("User", "sender"), ("Password", "wrong"), ("Security", "none"));
        var none = MailerOf(server);
        (await right.Send("owner@example.org", Notices.New(), default)).ShouldBe(new Outcome.Delivered());
        (await wrong.Send("owner@example.org", Notices.New(), default)).ShouldBe(new Outcome.Unreachable("The mail server does not take the user and password."));
        (await none.Send("owner@example.org", Notices.New(), default)).ShouldBeOfType<Outcome.Unreachable>();
        server.Received.ShouldHaveSingleItem().User.ShouldBe("sender");
    }

    [Fact]
    public async Task A_password_does_not_go_to_a_server_without_TLS_unless_somebody_says_so()
    {
        await using var server = await MailReceiver.Start(user: "sender", password: "right");
        var mailer = MailerOf(server, ("User", "sender"), ("Password", "right"));
        (await mailer.Send("owner@example.org", Notices.New(), default)).ShouldBe(new Outcome.Unreachable("The mail server does not offer STARTTLS, or no sign-in."));
    }

    [Fact]
    public async Task Without_a_server_mail_is_a_file_that_a_retry_writes_again_and_only_the_owner_reads()
    {
        var folder = Path.Combine(Directory.CreateTempSubdirectory("tokensense-mail-").FullName, "mail");
        var mailer = MailerAt(SmtpSettings.Of(new ConfigurationBuilder().Build()), folder);
        var notice = Notices.New();
        for (var i = 0; i < 2; i++) (await mailer.Send("owner@example.org", notice, default)).ShouldBe(new Outcome.Delivered());
        await mailer.Send("admin@example.org", notice, default);

        var files = Directory.GetFiles(folder).Order().ToList();
        files.Count.ShouldBe(2);
        files.ShouldAllBe(file => Path.GetFileName(file).StartsWith($"20261123T120509Z-{notice.MessageId:N}.") && file.EndsWith(".eml"));
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var mail = await MimeMessage.LoadAsync(files[0]);
        (mail.Subject, mail.TextBody).ShouldBe((AlertText.Of(notice).Subject, AlertText.Of(notice).Plain));
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    [Fact]
    public async Task The_folder_keeps_the_newest_thousand()
    {
        var path = Directory.CreateTempSubdirectory("tokensense-mail-").FullName;
        for (var i = 0; i < MailFolder.FilesMax; i++) await File.WriteAllTextAsync(Path.Combine(path, $"20260101T{i:000000}Z-x.eml"), "");
        using var mail = new MimeMessage { Body = new TextPart("plain") { Text = "x" } };

        await new MailFolder(path).Write(mail, DateTimeOffset.UtcNow, "new", default);

        var files = Directory.GetFiles(path).Select(Path.GetFileName).Order().ToList();
        (files.Count, files[0], files[^1]!.EndsWith("-new.eml")).ShouldBe((MailFolder.FilesMax, "20260101T000001Z-x.eml", true));
        Directory.Delete(path, recursive: true);
    }

    private Mailer MailerOf(MailReceiver server, params (string Name, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(server.Settings.Select(s => KeyValuePair.Create(s.Key.Replace("__", ":"), (string?)s.Value)))
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"Smtp:{s.Name}", (string?)s.Value))).Build();
        return MailerAt(SmtpSettings.Of(configuration), "unused");
    }

    private Mailer MailerAt(SmtpSettings settings, string folder)
    {
        _postboxes.Add(new(settings, new MailFolder(folder), TimeProvider.System, NullLogger<Postbox>.Instance));
        return new(_postboxes[^1], TimeProvider.System);
    }
}

using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using MimeKit;

namespace TokenSense.ServiceDefaults.Mail;

/// <summary>Where mail is handed in: at the server of <see cref="SmtpSettings"/>; where none is set, into a folder.</summary>
public sealed class Postbox : IAsyncDisposable
{
    private readonly MailFolder _folder;
    private readonly SmtpSessions? _sessions;

    public Postbox(SmtpSettings settings, MailFolder folder, TimeProvider clock, ILogger<Postbox> log)
    {
        (_folder, From) = (folder, settings.From);
        if (settings.Host is { } host) _sessions = new(host, settings, clock);
        else log.LogWarning("No Smtp__Host is set: mail is written into {Folder} and goes to nobody.", folder.Path);
    }

    public MailboxAddress From { get; }

    public bool IsFolder => _sessions is null;

    /// <param name="mail">One recipient's.</param>
    /// <param name="at">Sorts the files of a folder; the same at every retry.</param>
    /// <param name="name">By <see cref="NameOf"/>.</param>
    /// <param name="ct">Stops it.</param>
    public Task Hand(MimeMessage mail, DateTimeOffset at, string name, CancellationToken ct) =>
        _sessions is null ? _folder.Write(mail, at, name, ct) : _sessions.Send(mail, ct);

    /// <summary>The same at every retry, another for every recipient; holds no address.</summary>
    public static string NameOf(Guid messageId, string address) => $"{messageId:N}.{MarkOf(address)}";

    /// <summary>What names every mail to an address, and does not tell it.</summary>
    public static string MarkOf(string address) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address.ToLowerInvariant())))[..16];

    public ValueTask DisposeAsync() => _sessions?.DisposeAsync() ?? ValueTask.CompletedTask;
}

public static class PostboxSetup
{
    /// <summary>A service that sends mail, with its settings checked.</summary>
    /// <exception cref="InvalidOperationException">A setting is wrong; the message names it.</exception>
    public static void AddMail(this WebApplicationBuilder builder)
    {
        var home = builder.Configuration["TOKENSENSE_HOME"] is { Length: > 0 } set ? set : ".tokensense";
        builder.Services.AddSingleton(SmtpSettings.Of(builder.Configuration));
        builder.Services.AddSingleton(new MailFolder(Path.Combine(home, "mail")));
        builder.Services.AddSingleton<Postbox>();
    }
}

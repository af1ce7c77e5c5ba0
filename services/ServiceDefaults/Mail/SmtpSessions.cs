using System.Collections.Concurrent;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MimeKit;
using Polly;
using Polly.Retry;

namespace TokenSense.ServiceDefaults.Mail;

/// <summary>Connections to the mail server: a few at most, and one that has just sent sends the next mail of a burst too.</summary>
public sealed class SmtpSessions(string host, SmtpSettings settings, TimeProvider clock) : IAsyncDisposable
{
    private const int SessionsMax = 4;
    private static readonly TimeSpan MailMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _places = new(SessionsMax);
    private readonly ConcurrentStack<(SmtpClient Client, DateTimeOffset Since)> _idle = [];

    private readonly ResiliencePipeline _twice = new ResiliencePipelineBuilder()
        .AddTimeout(MailMax)
        .AddRetry(new RetryStrategyOptions
        {
            // For a connection that was closed while it waited, or a server just being restarted; whatever lasts longer is for the next attempt.
            MaxRetryAttempts = 1, Delay = TimeSpan.FromMilliseconds(200), UseJitter = true,
            ShouldHandle = tried => ValueTask.FromResult(tried.Outcome.Exception is { } fault && IsConnectionFault(fault)),
        })
        .Build();

    public async Task Send(MimeMessage mail, CancellationToken ct)
    {
        await _places.WaitAsync(ct);
        try
        {
            await _twice.ExecuteAsync(async token => await Try(mail, token), ct);
        }
        finally
        {
            _places.Release();
        }
    }

    public static bool IsConnectionFault(Exception fault) => fault is SocketException or IOException or SmtpProtocolException
        or ServiceNotConnectedException or SmtpCommandException { StatusCode: SmtpStatusCode.ServiceNotAvailable };

    private async Task Try(MimeMessage mail, CancellationToken ct)
    {
        var client = await Idle(ct) ?? await Connect(ct);
        try
        {
            await client.SendAsync(mail, ct);
        }
        catch
        {
            // Whatever went wrong, its state is not known.
            client.Dispose();
            throw;
        }
        _idle.Push((client, clock.GetUtcNow()));
    }

    private async Task<SmtpClient?> Idle(CancellationToken ct)
    {
        while (_idle.TryPop(out var idle))
        {
            if (idle.Client.IsConnected && clock.GetUtcNow() - idle.Since < IdleMax) return idle.Client;
            await Close(idle.Client, ct);
        }
        return null;
    }

    private async Task<SmtpClient> Connect(CancellationToken ct)
    {
        // Asking for revocations would need connections to elsewhere, which HTTPS does not make either.
        var client = new SmtpClient { Timeout = (int)MailMax.TotalMilliseconds, CheckCertificateRevocation = false };
        try
        {
            await client.ConnectAsync(host, settings.Port, settings.Security, ct);
            if (settings.Credential is { } credential) await client.AuthenticateAsync(credential, ct);
            return client;
        }
        catch (NotSupportedException e)
        {
            client.Dispose();
            throw new NotOfferedException(e);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private static async Task Close(SmtpClient client, CancellationToken ct)
    {
        try
        {
            await client.DisconnectAsync(quit: true, ct);
        }
        catch (Exception e) when (IsConnectionFault(e))
        {
            // It was closed at the other end.
        }
        finally
        {
            client.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        while (_idle.TryPop(out var idle)) await Close(idle.Client, soon.Token);
        _places.Dispose();
    }
}

/// <summary>The server lacks what the settings ask for: STARTTLS, or a way to sign in.</summary>
public sealed class NotOfferedException(Exception inner) : Exception(inner.Message, inner);

using Microsoft.Extensions.Configuration;

namespace TokenSense.ServiceDefaults;

/// <summary>Where people find the console: <c>TOKENSENSE_PUBLIC_URL</c>, else this machine's.</summary>
public sealed record ConsoleAddress(Uri Url)
{
    public static ConsoleAddress From(IConfiguration settings)
    {
        var given = settings["TOKENSENSE_PUBLIC_URL"] is { Length: > 0 } set ? set : $"http://127.0.0.1:{settings["TOKENSENSE_CONSOLE_PORT"] ?? "8080"}";
        return Uri.TryCreate(given.TrimEnd('/'), UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? new(url)
            : throw new InvalidOperationException("TOKENSENSE_PUBLIC_URL must be the http or https address at which people reach the console.");
    }
}

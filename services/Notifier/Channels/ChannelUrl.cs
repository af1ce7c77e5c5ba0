using System.Diagnostics.CodeAnalysis;
using System.Net;

namespace TokenSense.Notifier.Channels;

/// <summary>The address of a webhook or chat channel. What a name resolves to is judged when connecting (<see cref="ChannelHttp"/>).</summary>
public static class ChannelUrl
{
    private const int LengthMax = 2_048;

    /// <param name="problem">What is wrong, as it follows the field's name.</param>
    public static bool TryRead(string text, bool allowPrivateAddresses, [NotNullWhen(true)] out Uri? url, [NotNullWhen(false)] out string? problem)
    {
        url = null;
        problem = text.Length > LengthMax ? $"must be at most {LengthMax} characters"
            : !Uri.TryCreate(text, UriKind.Absolute, out var read) || read.Host.Length == 0 ? "must be an absolute URL"
            : Problem(read, allowPrivateAddresses);
        if (problem is not null) return false;
        url = new Uri(text);
        return true;
    }

    /// <summary>Null where alerts may go there.</summary>
    public static string? Problem(Uri url, bool allowPrivateAddresses)
    {
        if (url.Scheme != Uri.UriSchemeHttps && url.Scheme != Uri.UriSchemeHttp) return "must begin with https://";
        if (url.UserInfo.Length > 0) return "must not contain a user or password";
        if (allowPrivateAddresses) return null;
        if (url.Scheme != Uri.UriSchemeHttps) return "must begin with https://";
        var host = url.IdnHost.TrimEnd('.');
        var isLocal = host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var address) && !PublicAddresses.Contains(address));
        return isLocal ? PrivateAddress : null;
    }

    public const string PrivateAddress = "must not lead to a private address";
}

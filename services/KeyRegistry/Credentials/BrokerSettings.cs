using System.Text.RegularExpressions;
using RabbitMQ.Client;

namespace TokenSense.KeyRegistry.Credentials;

/// <summary>Where users of gateways are made.</summary>
/// <param name="Management">RabbitMQ's management API; null: it is not set, and no users are made.</param>
/// <param name="User">Who makes them.</param>
/// <param name="VirtualHost">The system's: the only one that a gateway's user may enter.</param>
/// <param name="SystemUser">The services' own.</param>
/// <param name="Prefix">Before each gateway's name, where installations share a broker.</param>
public sealed partial record BrokerSettings(Uri? Management, string User, string Password, string VirtualHost, string SystemUser, string Prefix)
{
    public bool MakesUsers => Management is not null;

    public static BrokerSettings From(IConfiguration settings)
    {
        var bus = new ConnectionFactory { Uri = new Uri(settings.GetConnectionString("RabbitMq") ?? "amqp://localhost") };
        var prefix = settings["RabbitMq:UserPrefix"] ?? "";
        if (!Pattern().IsMatch(prefix))
            throw new InvalidOperationException("RabbitMq__UserPrefix must have at most 32 lower-case letters, digits, hyphens, underscores or dots.");
        if (settings["RabbitMq:ManagementUrl"] is not { Length: > 0 } given) return new(null, "", "", bus.VirtualHost, bus.UserName, prefix);
        if (!Uri.TryCreate(given, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            throw new InvalidOperationException("RabbitMq__ManagementUrl must be an address such as http://127.0.0.1:15672.");
        var (user, password) = url.UserInfo.Split(':', 2) is [{ Length: > 0 } name, var secret]
            ? (Uri.UnescapeDataString(name), Uri.UnescapeDataString(secret))
            : (bus.UserName, bus.Password);
        var address = new UriBuilder(url) { UserName = "", Password = "", Path = url.AbsolutePath.TrimEnd('/') + "/api/", Query = "", Fragment = "" };
        return new(address.Uri, user, password, bus.VirtualHost, bus.UserName, prefix);
    }

    /// <summary>The user of the gateway of this name.</summary>
    public string UserOf(string gateway) => Prefix + gateway;

    [GeneratedRegex(@"^[a-z0-9._-]{0,32}$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}

using Npgsql;

namespace TokenSense.Tools;

/// <summary>Where the stack is, from the environment; <c>./tokensense</c> sets it.</summary>
public static class Settings
{
    public static Uri Console => Address("TOKENSENSE_CONSOLE_URL", "http://127.0.0.1:8080");
    public static Uri Gateway => Address("TOKENSENSE_GATEWAY_URL", "http://127.0.0.1:8081");

    /// <summary>Null: the gateway calls real providers.</summary>
    public static Uri? Simulator => Optional("TOKENSENSE_SIMULATOR_URL") is null ? null : Address("TOKENSENSE_SIMULATOR_URL", "");

    public static string OwnerEmail => Required("TOKENSENSE_OWNER_EMAIL", "the owner's e-mail");
    public static string OwnerPassword => Required("TOKENSENSE_OWNER_PASSWORD", "the owner's password");

    public static Uri RabbitMq =>
        Uri.TryCreate(Required("ConnectionStrings__RabbitMq", "the broker"), UriKind.Absolute, out var address)
            ? address
            : throw new CannotRunException("ConnectionStrings__RabbitMq must be an address, amqp://user:password@host:port/vhost.");

    /// <summary>The database of one service.</summary>
    public static NpgsqlConnectionStringBuilder Database(string service)
    {
        try
        {
            return new(Required("ConnectionStrings__Postgres", "the PostgreSQL server"))
            {
                Database = $"{Optional("TOKENSENSE_DATABASE_PREFIX") ?? "tokensense"}_{service}",
                ApplicationName = "tokensense-audit",
                Timeout = 5,
                CommandTimeout = 300,
                Pooling = false,
            };
        }
        catch (ArgumentException e)
        {
            throw new CannotRunException($"ConnectionStrings__Postgres cannot be read: {e.Message}", e);
        }
    }

    private static Uri Address(string name, string otherwise) =>
        Uri.TryCreate((Optional(name) ?? otherwise).TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new CannotRunException($"{name} must be an address, http://host:port.");

    private static string Required(string name, string names) =>
        Optional(name) ?? throw new CannotRunException($"{name} is not set: it names {names}. ./tokensense sets it.");

    private static string? Optional(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } set ? set : null;
}

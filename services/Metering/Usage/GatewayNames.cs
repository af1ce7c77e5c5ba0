using MassTransit;
using MassTransit.RabbitMqTransport;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Metering.Usage;

/// <summary>Which gateway published a message, by its user at the broker.</summary>
/// <remarks>
/// RabbitMQ lets nobody set another's name as a message's <c>user_id</c>, and does not ask for one: a publisher that leaves it out is believed. Nothing
/// that RabbitMQ 3 has would add it.
/// </remarks>
public sealed class GatewayNames(Directory directory, IConfiguration settings)
{
    private readonly string _prefix = settings["RabbitMq:UserPrefix"] ?? "";

    /// <returns>Null: the message does not say, or its user is no gateway's.</returns>
    public async Task<string?> BehindUser(ConsumeContext context, CancellationToken ct) =>
        context.ReceiveContext.TryGetPayload<RabbitMqBasicConsumeContext>(out var delivery)
        && delivery.Properties.UserId is { Length: > 0 } user && user.StartsWith(_prefix, StringComparison.Ordinal)
        && await directory.Gateway(user[_prefix.Length..], ct) is { } gateway
            ? gateway.Name
            : null;
}

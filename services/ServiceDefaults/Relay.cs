using JasperFx.Events;
using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace TokenSense.ServiceDefaults;

/// <summary>What a relay sends: the id is the stored event's where the fact is additive, so that a repeat is recognised.</summary>
public sealed record Outgoing(object Message, Guid MessageId);

/// <summary>Renders contracts from stored events. One stored additive event is one message: never grouped, never split.</summary>
public interface IRelayRendering
{
    ValueTask<IReadOnlyList<Outgoing>> Render(IReadOnlyList<IEvent> page, CancellationToken ct);
}

/// <summary>The event store is the outbox: after commit, a relay publishes with confirms, from where it last stood.</summary>
public static class Relay
{
    internal const string Name = "relay";

    public static void AddRelay<TRendering>(this WebApplicationBuilder builder) where TRendering : class, IRelayRendering
    {
        builder.Services.AddSingleton<IRelayRendering, TRendering>();
        builder.Services.AddSingleton<RelaySubscription>();
        builder.Services.AddSingleton<RelayStatus>();
        builder.Services.ConfigureMarten((services, options) => options.Projections.Subscribe(
            services.GetRequiredService<RelaySubscription>(),
            subscription =>
            {
                subscription.Name = Name;
                // An event of Metering may hold 500 lines, half a megabyte.
                subscription.Options.BatchSize = 50;
            }));
        builder.Services.AddHostedService<RelayLeader>();
        builder.Services.AddHealthChecks().AddCheck<RelayHealth>("relay");
    }
}

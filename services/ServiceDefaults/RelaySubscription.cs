using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;
using Marten.Subscriptions;
using MassTransit;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TokenSense.ServiceDefaults;

/// <summary>Publishes a page of events with confirms, and calls it done when all of it is confirmed.</summary>
internal sealed class RelaySubscription(
    IRelayRendering rendering, IBus bus, IHostApplicationLifetime life, TimeProvider clock, ILogger<RelaySubscription> log) : ISubscription
{
    private const int UnconfirmedMax = 64;
    // Under load pages fill up instead of carrying one event each; after a pause the first one goes at once.
    private static readonly TimeSpan PageInterval = TimeSpan.FromMilliseconds(20);
    private long _lastPage;
    private int _atWork;

    /// <summary>A page is being told: one that cannot be is waited for here, and logged.</summary>
    public bool IsAtWork => Volatile.Read(ref _atWork) > 0;

    /// <summary>Ends with the lead of this process: a page of it is not told on beside the next leader's.</summary>
    public CancellationToken Lead { get; set; }

    public async Task<IChangeListener> ProcessEventsAsync(
        EventRange page, ISubscriptionController controller, IDocumentOperations operations, CancellationToken ct)
    {
        var early = PageInterval - clock.GetElapsedTime(_lastPage);
        if (early > TimeSpan.Zero) await Task.Delay(early, clock, ct);
        _lastPage = clock.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, life.ApplicationStopping, Lead);
        // The page is done when everything in it is confirmed; a broker that is away is waited for, however long.
        var wait = TimeSpan.FromMilliseconds(100);
        Interlocked.Increment(ref _atWork);
        try
        {
            while (true)
            {
                try
                {
                    var messages = await rendering.Render(page.Events, stop.Token);
                    foreach (var group in messages.Chunk(UnconfirmedMax))
                        await Task.WhenAll(group.Select(message => Send(message, stop.Token)));
                    return NullChangeListener.Instance;
                }
                catch (Exception e) when (!stop.IsCancellationRequested && Faults.IsInfrastructure(e))
                {
                    log.LogWarning("Relay waits at event {Sequence}: {Reason}", page.SequenceFloor, e.Message);
                    await Task.Delay(wait, stop.Token);
                    wait = TimeSpan.FromMilliseconds(Math.Min(wait.TotalMilliseconds * 2, 5_000));
                }
            }
        }
        finally
        {
            Interlocked.Decrement(ref _atWork);
        }
    }

    private async Task Send(Outgoing message, CancellationToken ct)
    {
        using var confirmed = CancellationTokenSource.CreateLinkedTokenSource(ct);
        confirmed.CancelAfter(TimeSpan.FromSeconds(30));
        var type = message.Message.GetType();
        try
        {
            await bus.Publish(message.Message, type, Pipe.Execute<PublishContext>(context =>
            {
                context.MessageId = message.MessageId;
                // A message that some queue must take is refused by the broker where none is bound, not confirmed into the void.
                if (context.TryGetPayload<RabbitMqSendContext>(out var rabbit)) rabbit.Mandatory = Queues.MustArrive(type);
            }), confirmed.Token).WaitAsync(confirmed.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException($"{type.Name} was not confirmed within 30 s; a broker that is short of memory or disk takes nothing, and its log says so.");
        }
    }
}

using JasperFx.Events;
using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;
using Marten.Subscriptions;
using MassTransit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

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

/// <summary>Whether this process is the one that relays, and how far.</summary>
public sealed class RelayStatus(NpgsqlDataSource database)
{
    private volatile bool _leading;

    public bool Leading { get => _leading; internal set => _leading = value; }

    /// <summary>A moment before which everything committed has been appended up to the returned sequence number.</summary>
    public async Task<(DateTimeOffset CompleteTo, long Sequence, long Relayed)> Position(CancellationToken ct)
    {
        // A transaction still open may yet append what it decided before now: complete only up to the oldest one's start. Asked
        // before the sequence, in a statement of its own, so that nothing committed in between is missing from it.
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            select least(clock_timestamp(), min(xact_start)) from pg_stat_activity
            where datname = current_database() and backend_xid is not null and pid <> pg_backend_pid()
            """));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            select (select coalesce(max(seq_id), 0) from mt_events),
                   (select coalesce(max(last_seq_id), 0) from mt_event_progression where name like 'relay:%')
            """));
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var completeTo = reader.GetFieldValue<DateTimeOffset>(0);
        await reader.NextResultAsync(ct);
        await reader.ReadAsync(ct);
        return (completeTo, reader.GetInt64(0), reader.GetInt64(1));
    }
}

/// <summary>Waits until everything committed so far has been sent.</summary>
public static class Completeness
{
    private static readonly TimeSpan CatchUpMax = TimeSpan.FromSeconds(10);

    /// <returns>The moment up to which it is, and the last event's sequence number; null where the relay does not catch up.</returns>
    public static async Task<(DateTimeOffset CompleteTo, long Sequence)?> CaughtUp(this RelayStatus relay, CancellationToken ct)
    {
        var (completeTo, sequence, relayed) = await relay.Position(ct);
        var deadline = Environment.TickCount64 + (long)CatchUpMax.TotalMilliseconds;
        while (relayed < sequence && Environment.TickCount64 < deadline)
        {
            await Task.Delay(20, ct);
            (_, _, relayed) = await relay.Position(ct);
        }
        return relayed >= sequence ? (completeTo, sequence) : null;
    }
}

internal sealed class RelaySubscription(
    IRelayRendering rendering, IBus bus, IHostApplicationLifetime life, TimeProvider clock, ILogger<RelaySubscription> log) : ISubscription
{
    private const int UnconfirmedMax = 64;
    // Under load pages fill up instead of carrying one event each; after a pause the first one goes at once.
    private static readonly TimeSpan PageInterval = TimeSpan.FromMilliseconds(20);
    private long _lastPage;

    public async Task<IChangeListener> ProcessEventsAsync(
        EventRange page, ISubscriptionController controller, IDocumentOperations operations, CancellationToken ct)
    {
        var early = PageInterval - clock.GetElapsedTime(_lastPage);
        if (early > TimeSpan.Zero) await Task.Delay(early, clock, ct);
        _lastPage = clock.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, life.ApplicationStopping);
        // The page is done when everything in it is confirmed; a broker that is away is waited for, however long.
        var wait = TimeSpan.FromMilliseconds(100);
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
            }), confirmed.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException($"{type.Name} was not confirmed within 30 s.");
        }
    }
}

/// <summary>Runs the relay in the one process that holds the store's advisory lock; another takes over when it dies.</summary>
internal sealed class RelayLeader(IDocumentStore store, StoreAddress address, RelayStatus status, ILogger<RelayLeader> log) : BackgroundService
{
    private const long LeaderLock = 7_306_002;
    // One for the life of the process: each daemon keeps a LISTEN connection, also after it was disposed.
    private IProjectionDaemon? _daemon;

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await LeadWhileLocked(ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.LogWarning("The relay stopped and starts again: {Reason}", e.Message);
            }
            await Task.Delay(TimeSpan.FromSeconds(1), ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LeadWhileLocked(CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(address.ConnectionString) { Pooling = false, KeepAlive = 2, ApplicationName = "tokensense-relay-leader" }
                .ConnectionString);
        await connection.OpenAsync(ct);
        await using (var take = new NpgsqlCommand($"select pg_try_advisory_lock({LeaderLock})", connection))
            if (await take.ExecuteScalarAsync(ct) is not true)
                return;

        _daemon ??= await store.BuildProjectionDaemonAsync(logger: log);
        var daemon = _daemon;
        try
        {
            await daemon.StartAllAsync();
            status.Leading = true;
            await using var alive = new NpgsqlCommand("select 1", connection) { CommandTimeout = 5 };
            while (!ct.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (ct.IsCancellationRequested) return;
                await alive.ExecuteScalarAsync(ct);
                if (daemon.CurrentAgents().FirstOrDefault(agent => agent.Status != JasperFx.AgentStatus.Running) is { } stopped)
                    throw new InvalidOperationException($"its subscription is {stopped.Status}: {stopped.Failure}");
            }
        }
        finally
        {
            status.Leading = false;
            await daemon.StopAllAsync();
        }
    }
}

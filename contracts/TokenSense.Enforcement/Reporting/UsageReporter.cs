using System.Diagnostics.Metrics;
using RabbitMQ.Client;
using TokenSense.Contracts;

namespace TokenSense.Enforcement;

/// <param name="Broker">
/// <c>amqp://user:password@host:port/vhost</c>; the user need only write to the exchange of <see cref="UsageReported"/>, and to that of
/// <see cref="GatewayHeartbeat"/> for this gateway's silence to be told of.
/// </param>
/// <param name="GatewayId">The name of the gateway's credential.</param>
public sealed record ReporterSettings(Uri Broker, string GatewayId)
{
    public string ClientName { get; init; } = "tokensense-reporter";

    /// <summary>This run, as in <see cref="UsageLine.GatewayEpoch"/>; null: one that no line names.</summary>
    public Guid? GatewayEpoch { get; init; }

    // A record would print its members, secrets among them.
    public override string ToString() => $"{GatewayId} at {Broker.Host}:{Broker.Port}";
}

/// <summary>Publishes what a journal has settled, until the broker has confirmed it; in doubt again, which Metering counts once.</summary>
/// <remarks>
/// Lines leave at once when nothing is unconfirmed and the last message is 20 ms away, else together when a message is full or after 50 ms:
/// a broker that confirms quickly must not make Metering commit line by line. What waits stays on disk: memory holds
/// <see cref="UnconfirmedMax"/> messages, however long the broker is away.
/// </remarks>
public sealed class UsageReporter(UsageJournal journal, ReporterSettings settings, TimeProvider clock, Action<string>? log = null)
{
    private static readonly string Exchange = Envelope.ExchangeOf(typeof(UsageReported));
    private const int UnconfirmedMax = 16;
    private static readonly TimeSpan ApartMin = TimeSpan.FromMilliseconds(20), GatherMax = TimeSpan.FromMilliseconds(50), ConfirmMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BackOffMin = TimeSpan.FromMilliseconds(200), BackOffMax = TimeSpan.FromSeconds(5);
    private static readonly BasicProperties Persistent = new() { Persistent = true, ContentType = "application/json" };
    private static readonly Meter Meter = new("TokenSense");
    private static readonly Counter<long> ConfirmedCounted = Meter.CreateCounter<long>("tokensense.reporter.confirmed");
    private readonly ReporterPulse _pulse = new(journal, settings, clock, log);
    private long _confirmed;
    private volatile bool _connected;

    /// <summary>Lines that the broker has confirmed to this reporter, repeats included.</summary>
    public long Confirmed => Volatile.Read(ref _confirmed);

    public bool Connected => _connected;

    /// <summary>Runs until cancelled; no fault of the broker ends it. Once for each journal.</summary>
    public async Task Run(CancellationToken ct)
    {
        journal.TakeReporter();
        var wait = BackOffMin;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await Follow(() => wait = BackOffMin, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log?.Invoke($"{journal.Waiting} lines wait for the broker {settings.Broker.Host}:{settings.Broker.Port}: {e.GetBaseException().Message}");
            }
            catch (Exception)
            {
                // Whatever broke while it was told to end: the journal has it.
                return;
            }
            finally
            {
                _connected = false;
            }
            // Spread, so that many gateways do not come back in one moment.
            await Task.Delay(wait * (0.5 + Random.Shared.NextDouble()), clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            wait = wait * 2 < BackOffMax ? wait * 2 : BackOffMax;
        }
    }

    private async Task Follow(Action confirmed, CancellationToken ct)
    {
        var factory = new ConnectionFactory
        {
            Uri = settings.Broker,
            ClientProvidedName = settings.ClientName,
            // A recovered connection would not say what was confirmed: each one is new here, and begins at the cursor.
            AutomaticRecoveryEnabled = false,
            RequestedHeartbeat = TimeSpan.FromSeconds(10),
            RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
        };
        await using var connection = await factory.CreateConnectionAsync(ct);
        await using var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), ct);
        var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, e) => Lost(e.ReplyText);
        channel.ChannelShutdownAsync += (_, e) => Lost(e.ReplyText);
        _connected = true;
        log?.Invoke($"Reporting usage to {settings.Broker.Host}:{settings.Broker.Port}, {journal.Waiting} lines wait");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var sent = new Queue<Sent>();
        var beating = _pulse.Run(connection, ended.Token);
        try
        {
            await Send(channel, sent, lost.Task, confirmed, ended.Token);
        }
        finally
        {
            await ended.CancelAsync();
            await Task.WhenAll([beating, .. sent.Select(s => s.Confirming)]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ct.IsCancellationRequested) await _pulse.Stop(connection);
        }

        Task Lost(string why)
        {
            lost.TrySetResult(why);
            return Task.CompletedTask;
        }
    }

    // In order, so that the cursor never passes a line that is not confirmed.
    private async Task Send(IChannel channel, Queue<Sent> sent, Task<string> lost, Action confirmed, CancellationToken ct)
    {
        using var tail = journal.Tail();
        var batch = new ReportBatch(settings.GatewayId);
        // One, until the broker has shown that it takes them.
        var unconfirmedMax = 1;
        long? lastSent = null;
        while (true)
        {
            if (lost.IsCompleted) throw new IOException(await lost);
            while (sent.TryPeek(out var first) && first.Confirming.IsCompleted)
            {
                await first.Confirming;
                sent.Dequeue();
                journal.Confirm(first.End, first.Lines);
                Count(first.Lines);
                unconfirmedMax = UnconfirmedMax;
                confirmed();
            }
            await SendUnwritten(channel, ct);
            while (!batch.IsFull && tail.Next(out var line)) batch.Add(line, clock.GetTimestamp());
            if (batch.Lines == 0 && sent.Count == 0) journal.Confirm(tail.Position, 0);

            var mayGo = batch.Lines > 0 && sent.Count < unconfirmedMax;
            var due = mayGo ? Due(batch, alone: sent.Count == 0, lastSent) : Timeout.InfiniteTimeSpan;
            if (mayGo && due <= TimeSpan.Zero)
            {
                lastSent = clock.GetTimestamp();
                sent.Enqueue(new(Publish(channel, batch, ct), tail.Position, batch.Lines));
                batch = new(settings.GatewayId);
                continue;
            }
            using var woken = CancellationTokenSource.CreateLinkedTokenSource(ct);
            await await Task.WhenAny([
                Task.Delay(due, clock, woken.Token),
                lost,
                .. sent.TryPeek(out var oldest) ? [oldest.Confirming] : Array.Empty<Task>(),
                .. batch.IsFull ? Array.Empty<Task>() : [journal.State.Grown(tail.Position)]]);
            await woken.CancelAsync();
        }
    }

    private TimeSpan Due(ReportBatch batch, bool alone, long? lastSent)
    {
        if (batch.IsFull) return TimeSpan.Zero;
        var gathered = GatherMax - clock.GetElapsedTime(batch.Since);
        var apart = lastSent is { } last ? ApartMin - clock.GetElapsedTime(last) : TimeSpan.Zero;
        return alone && apart < gathered ? apart : gathered;
    }

    // While the disk refuses, the only copy is in memory: it goes out first.
    private async Task SendUnwritten(IChannel channel, CancellationToken ct)
    {
        var waiting = new Queue<Append>(journal.State.Unpublished);
        while (waiting.Count > 0)
        {
            var (batch, taken) = (new ReportBatch(settings.GatewayId), new List<Append>());
            for (; !batch.IsFull && waiting.TryDequeue(out var append); taken.Add(append)) batch.Add(JournalRecord.JsonOf(append.Record), 0);
            await Publish(channel, batch, ct);
            foreach (var append in taken) append.Published = true;
            Count(taken.Count);
        }
    }

    private async Task Publish(IChannel channel, ReportBatch batch, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(ConfirmMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ct);
        await channel.BasicPublishAsync(Exchange, "", mandatory: true, Persistent, batch.Close(), either.Token);
    }

    private void Count(int lines)
    {
        Interlocked.Add(ref _confirmed, lines);
        ConfirmedCounted.Add(lines);
    }

    private sealed record Sent(Task Confirming, JournalPosition End, int Lines);
}

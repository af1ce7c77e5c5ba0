using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using TokenSense.Contracts;

namespace TokenSense.Enforcement;

/// <param name="Broker"><c>amqp://user:password@host:port/vhost</c></param>
/// <param name="Api">Where the management API is, without <c>/api/v1</c>.</param>
/// <param name="Token">A gateway credential, <c>tsg_…</c>.</param>
public sealed record FeedSettings(Uri Broker, Uri Api, string Token)
{
    /// <summary>The safety net under the messages.</summary>
    public TimeSpan ReadAgain { get; init; } = TimeSpan.FromMinutes(10);

    public string ClientName { get; init; } = "tokensense-enforcement";

    /// <summary>How the API is reached; null, over the network.</summary>
    internal HttpMessageHandler? ApiHandler { get; init; }

    // A record would print its members, secrets among them.
    public override string ToString() => $"{Broker.Host}:{Broker.Port}, {Api}";
}

/// <summary>Keeps an <see cref="Enforcer"/> current: subscribes, then reads the snapshot; after every lost connection again.</summary>
public sealed class EnforcementFeed(Enforcer enforcer, FeedSettings settings, TimeProvider clock, Action<string>? log = null) : IDisposable
{
    private const ushort PrefetchMax = 200;
    private const long OutOfStep = -1;
    private static readonly TimeSpan BackOffMin = TimeSpan.FromMilliseconds(200), BackOffMax = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SnapshotTimeMax = TimeSpan.FromSeconds(60);
    private static readonly Meter Meter = new("TokenSense");
    private static readonly Counter<long> MessagesCounted = Meter.CreateCounter<long>("tokensense.enforcement.messages");
    private static readonly Counter<long> MalformedCounted = Meter.CreateCounter<long>("tokensense.enforcement.malformed");

    private readonly HttpClient _api = new(settings.ApiHandler ?? new SocketsHttpHandler
    {
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    })
    {
        BaseAddress = new Uri(settings.Api.AbsoluteUri.TrimEnd('/') + "/"),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", settings.Token) },
        Timeout = Timeout.InfiniteTimeSpan,
    };

    // Told when something asks for a snapshot before its time.
    private readonly SemaphoreSlim _asked = new(0, 1);
    private long _malformed;
    // Messages that could not be read, and how many of them the newest snapshot makes up for: both count up, so that neither hides the other.
    private long _missed;
    private long _madeUpFor = OutOfStep;

    /// <summary>What could not be understood, and was skipped.</summary>
    public long Malformed => Volatile.Read(ref _malformed);

    /// <summary>Subscribed, and a snapshot was read since, and since the last message that could not be read: nothing is missed.</summary>
    public bool InStep => Volatile.Read(ref _madeUpFor) == Volatile.Read(ref _missed);

    /// <summary>Runs until cancelled; no fault of the broker or the API ends it.</summary>
    public async Task Run(CancellationToken ct)
    {
        var wait = BackOffMin;
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await Follow(() => wait = BackOffMin, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log?.Invoke($"No connection to the broker {settings.Broker.Host}:{settings.Broker.Port}: {Innermost(e)}");
            }
            catch (Exception)
            {
                // Whatever broke while it was told to end.
                return;
            }
            finally
            {
                Volatile.Write(ref _madeUpFor, OutOfStep);
            }
            wait = await BackOff(wait, ct);
        }
    }

    public void Dispose()
    {
        _api.Dispose();
        _asked.Dispose();
    }

    private async Task Follow(Action connected, CancellationToken ct)
    {
        var factory = new ConnectionFactory
        {
            Uri = settings.Broker,
            ClientProvidedName = settings.ClientName,
            // A recovered connection would not say what was missed: each one is new here, and followed by a snapshot.
            AutomaticRecoveryEnabled = false,
            RequestedHeartbeat = TimeSpan.FromSeconds(10),
            RequestedConnectionTimeout = TimeSpan.FromSeconds(5),
        };
        await using var connection = await factory.CreateConnectionAsync(ct);
        await using var channel = await connection.CreateChannelAsync(cancellationToken: ct);
        var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, e) => Lost(e.ReplyText);
        channel.ChannelShutdownAsync += (_, e) => Lost(e.ReplyText);
        await Subscribe(channel, () => lost.TrySetResult("the subscription was cancelled"), ct);
        connected();
        log?.Invoke($"Subscribed at {settings.Broker.Host}:{settings.Broker.Port}");

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var reading = ReadSnapshots(ended.Token);
        await Task.WhenAny(lost.Task, reading);
        await ended.CancelAsync();
        await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ct.ThrowIfCancellationRequested();
        throw new IOException(await lost.Task.WaitAsync(TimeSpan.FromSeconds(1), ct));

        Task Lost(string why)
        {
            lost.TrySetResult(why);
            return Task.CompletedTask;
        }
    }

    private async Task Subscribe(IChannel channel, Action cancelled, CancellationToken ct)
    {
        // Whatever waits in this queue when its connection ends is in the next snapshot, so it ends with it.
        var queue = (await channel.QueueDeclareAsync("", durable: false, exclusive: true, autoDelete: true, cancellationToken: ct)).QueueName;
        foreach (var exchange in Envelope.Types.Select(Envelope.ExchangeOf))
        {
            await channel.ExchangeDeclareAsync(exchange, ExchangeType.Fanout, durable: true, cancellationToken: ct);
            await channel.QueueBindAsync(queue, exchange, "", cancellationToken: ct);
        }
        await channel.BasicQosAsync(0, PrefetchMax, global: false, ct);
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.UnregisteredAsync += (_, _) => { cancelled(); return Task.CompletedTask; };
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            Take(delivery.Body, delivery.Exchange);
            await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
        };
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer, ct);
    }

    internal void Take(ReadOnlyMemory<byte> body, string exchange)
    {
        try
        {
            switch (Envelope.Read(body, exchange))
            {
                case SpendChanged m: enforcer.Apply(m); AskIfNewer(m.Epoch); break;
                // While a snapshot is still owed, "all was sent" says nothing about what was received.
                case BudgetsHeartbeat m: if (InStep) enforcer.Apply(m); AskIfNewer(m.Epoch); break;
                case ApiKeyChanged m: enforcer.Apply(m); break;
                case ProjectChanged m: enforcer.Apply(m); break;
                case WorkspaceChanged m: enforcer.Apply(m); break;
                case UsageRejected m: enforcer.Apply(m); break;
                case PricesChanged m: enforcer.Apply(m); break;
            }
            MessagesCounted.Add(1);
        }
        catch (Exception e)
        {
            // Nothing that a message holds may end the feed; but the state that it told is lacking here, until a snapshot tells it.
            Interlocked.Increment(ref _missed);
            // The message itself is not logged.
            Skip(1, $"A message from {exchange} was skipped: {e.GetType().Name}");
            Ask();
        }
    }

    private void AskIfNewer(long epoch)
    {
        if (enforcer.Epoch is { } known && epoch > known) Ask();
    }

    private void Ask()
    {
        try { _asked.Release(); }
        catch (SemaphoreFullException) { }
    }

    internal async Task ReadSnapshots(CancellationToken ct)
    {
        while (true)
        {
            for (var wait = BackOffMin; !await ReadSnapshot(ct);) wait = await BackOff(wait, ct);
            // At most one a second, however often it is asked for.
            await Task.Delay(TimeSpan.FromSeconds(1), clock, ct);
            await _asked.WaitAsync(settings.ReadAgain, ct);
        }
    }

    private async Task<bool> ReadSnapshot(CancellationToken ct)
    {
        try
        {
            using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
            late.CancelAfter(SnapshotTimeMax);
            var (askedAfter, missed) = (enforcer.Arrivals, Volatile.Read(ref _missed));
            using var answer = await _api.GetAsync("api/v1/enforcement/snapshot", HttpCompletionOption.ResponseHeadersRead, late.Token);
            answer.EnsureSuccessStatusCode();
            await using var body = await answer.Content.ReadAsStreamAsync(late.Token);
            var snapshot = await JsonSerializer.DeserializeAsync<EnforcementSnapshot>(body, Envelope.Json, late.Token) ?? throw new FormatException("It is null.");
            if (enforcer.Load(snapshot, askedAfter) is var skipped and > 0) Skip(skipped, $"{skipped} entries of the snapshot were skipped");
            Volatile.Write(ref _madeUpFor, missed);
            log?.Invoke($"Snapshot of epoch {snapshot.Epoch}, complete to {snapshot.CompleteTo:O}: {snapshot.Keys.Count} keys, {snapshot.Spend.Count} scopes with spend");
            return true;
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            log?.Invoke($"No snapshot from {settings.Api}: {Innermost(e)}");
            return false;
        }
    }

    private void Skip(int count, string why)
    {
        Interlocked.Add(ref _malformed, count);
        MalformedCounted.Add(count);
        log?.Invoke(why);
    }

    private async Task<TimeSpan> BackOff(TimeSpan wait, CancellationToken ct)
    {
        // Spread, so that many gateways do not come back in one moment.
        await Task.Delay(wait * (0.5 + Random.Shared.NextDouble()), clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return wait * 2 < BackOffMax ? wait * 2 : BackOffMax;
    }

    private static string Innermost(Exception e) => e.GetBaseException().Message;
}

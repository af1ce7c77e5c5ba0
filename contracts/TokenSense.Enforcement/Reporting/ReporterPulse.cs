using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using TokenSense.Contracts;

namespace TokenSense.Enforcement;

/// <summary>Says every 10 s that this gateway runs and reaches the broker, and at the end that it ends in order.</summary>
/// <remarks>
/// Each time on a channel of its own, with a confirmation to wait for: a broker that refuses (no such exchange, a user who may not write
/// there) closes that channel and tells why, and the one of the reports does not notice.
/// </remarks>
internal sealed class ReporterPulse(UsageJournal journal, ReporterSettings settings, TimeProvider clock, Action<string>? log)
{
    private static readonly string Exchange = Envelope.ExchangeOf(typeof(GatewayHeartbeat));
    // A refusal is written into the broker's log each time.
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10), AfterRefusal = TimeSpan.FromMinutes(1), LastMax = TimeSpan.FromSeconds(2);
    private static readonly CreateChannelOptions Confirmed = new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true);
    private static readonly BasicProperties Plain = new() { ContentType = "application/json" };
    private readonly Guid _run = settings.GatewayEpoch ?? Guid.CreateVersion7(clock.GetUtcNow());
    private bool _refused, _forbidden;

    /// <summary>Until the connection is lost or this is told to end. No fault leaves it.</summary>
    public async Task Run(IConnection connection, CancellationToken ct)
    {
        while (connection.IsOpen && !ct.IsCancellationRequested)
        {
            await Beat(connection, stopping: false, ct);
            await Task.Delay(_forbidden ? AfterRefusal : Every, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The last one of this run, if the broker still takes it.</summary>
    public async Task Stop(IConnection connection)
    {
        if (_refused) return;
        using var late = new CancellationTokenSource(LastMax, clock);
        await Beat(connection, stopping: true, late.Token);
    }

    private async Task Beat(IConnection connection, bool stopping, CancellationToken ct)
    {
        var beat = new GatewayHeartbeat
        {
            GatewayId = settings.GatewayId, GatewayEpoch = _run, At = clock.GetUtcNow(), WaitingLines = journal.Waiting, Stopping = stopping,
        };
        try
        {
            await using var channel = await connection.CreateChannelAsync(Confirmed, ct);
            await channel.BasicPublishAsync(Exchange, "", mandatory: false, Plain, JsonSerializer.SerializeToUtf8Bytes(beat, JsonSerializerOptions.Web), ct);
            _refused = _forbidden = false;
        }
        catch (Exception e)
        {
            // No such exchange is a broker that no service has prepared yet; a user who may not write there will not soon.
            _forbidden = e is AlreadyClosedException { ShutdownReason.ReplyCode: Constants.AccessRefused } or OperationInterruptedException { ShutdownReason.ReplyCode: Constants.AccessRefused };
            // Of a lost connection the reporter tells.
            if (!_refused && connection.IsOpen && !ct.IsCancellationRequested)
            {
                _refused = true;
                log?.Invoke($"The broker does not take this gateway's heartbeat, so nobody will be told when it falls silent: {e.GetBaseException().Message}");
            }
        }
    }
}

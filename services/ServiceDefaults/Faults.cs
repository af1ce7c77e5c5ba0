using System.Net.Sockets;
using MassTransit;
using Npgsql;
using RabbitMQ.Client.Exceptions;

namespace TokenSense.ServiceDefaults;

/// <summary>Tells a fault of the surroundings, retried for ever, from a message that cannot be understood, which is set aside.</summary>
public static class Faults
{
    public static bool IsInfrastructure(Exception fault) => fault switch
    {
        // Data, constraints and program limits (classes 22, 23, 54) speak of the content; all else of the server, its state or its settings.
        PostgresException p => p.SqlState[..2] is not ("22" or "23" or "54"),
        NpgsqlException or SocketException or IOException or TimeoutException or OperationCanceledException => true,
        RabbitMQClientException or ConnectionException or MessageNotAcknowledgedException or MessageReturnedException => true,
        ObjectDisposedException => true,
        // Somebody else was faster: what is decided anew may come out.
        JasperFx.ConcurrencyException => true,
        AggregateException many => many.InnerExceptions.All(IsInfrastructure),
        { InnerException: { } inner } => IsInfrastructure(inner),
        _ => false,
    };

    /// <summary>Runs a handler until it succeeds, whatever its faults: for messages of our own, which are always good. Health tells of a standstill.</summary>
    /// <remarks>The message stays unacknowledged all the while; after a lost connection the broker gives it to someone else.</remarks>
    public static Task WithoutLoss(this ConsumeContext context, Func<CancellationToken, Task> handle) => Retry(context, handle, int.MaxValue);

    /// <summary>The same for messages from outside: a fault that is not the surroundings' is tried five times and then thrown, so that the message is set aside.</summary>
    public static Task WithoutLossOfGoodOnes(this ConsumeContext context, Func<CancellationToken, Task> handle) => Retry(context, handle, 5);

    private static async Task Retry(ConsumeContext context, Func<CancellationToken, Task> handle, int ownFaultsMax)
    {
        var ct = context.CancellationToken;
        var wait = TimeSpan.FromMilliseconds(50);
        Standstill.Place? place = null;
        try
        {
            for (var ownFaults = 0; ;)
            {
                try
                {
                    await handle(ct);
                    return;
                }
                catch (Exception e) when (!ct.IsCancellationRequested && (IsInfrastructure(e) || ++ownFaults < ownFaultsMax))
                {
                    var queue = context.ReceiveContext.InputAddress.AbsolutePath;
                    place ??= Standstill.Begin(queue);
                    LogContext.Warning?.Log(e, "{Queue} tries again in {WaitMs} ms", queue, wait.TotalMilliseconds);
                    await Task.Delay(wait, ct);
                    wait = TimeSpan.FromMilliseconds(Math.Min(wait.TotalMilliseconds * 2, 5_000));
                }
            }
        }
        finally
        {
            place?.End();
        }
    }
}

using Marten;
using Npgsql;
using NpgsqlTypes;
using TokenSense.Notifier.Alerts;
using TokenSense.Notifier.Channels;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier.Deliveries;

/// <summary>Brings one message to its receiver, and records what became of it in one transaction.</summary>
public sealed class Courier(
    NpgsqlDataSource database, IDocumentStore store, Notices notices, Carriers carriers, ChannelChanges channels, ChannelTrouble trouble, TimeProvider clock, ILogger<Courier> log)
{
    private const string By = "notifier";

    // Shorter than a lease, with time to record.
    private static readonly TimeSpan AttemptMax = TimeSpan.FromSeconds(25), NotYetWait = TimeSpan.FromSeconds(5);

    // What a receiver has taken must be recorded, also when the database is away for a moment.
    private static readonly TimeSpan RecordWithin = TimeSpan.FromSeconds(60);

    // Connections of the pool; many more messages than that may be under way.
    private readonly SemaphoreSlim _database = new(16);

    public async Task Bring(DueMessage message)
    {
        var startedAt = clock.GetUtcNow();
        var prepared = await AtDatabase(() => notices.Of(message, CancellationToken.None));
        var outcome = prepared.Otherwise ?? await Attempt(prepared.Addressed!);
        var wait = TimeSpan.FromMilliseconds(100);
        while (true)
        {
            try
            {
                var after = await AtDatabase(() => Record(message, prepared.MessageId, startedAt, outcome));
                await Follow(message, after);
                return;
            }
            catch (Exception e) when (Faults.IsInfrastructure(e) && clock.GetUtcNow() - startedAt < RecordWithin)
            {
                await Task.Delay(wait, clock);
                wait = wait < TimeSpan.FromSeconds(5) ? wait * 2 : wait;
            }
        }
    }

    private async Task<T> AtDatabase<T>(Func<Task<T>> work)
    {
        await _database.WaitAsync();
        try
        {
            return await work();
        }
        finally
        {
            _database.Release();
        }
    }

    private async Task<Outcome> Attempt(AddressedNotice addressed)
    {
        using var late = new CancellationTokenSource(AttemptMax);
        try
        {
            return await carriers.Send(addressed, late.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            return new Outcome.Unreachable($"No answer within {AttemptMax.TotalSeconds} s.");
        }
        catch (Exception e)
        {
            log.LogError(e, "A message could not be sent, by a fault of ours");
            return new Outcome.Unsent("It could not be sent, by a fault of ours. It has been logged.");
        }
    }

    private async Task<Aftermath> Record(DueMessage message, Guid messageId, DateTimeOffset startedAt, Outcome outcome)
    {
        var ct = CancellationToken.None;
        var (now, after) = (clock.GetUtcNow(), new Aftermath());
        await using var ledger = await AlertLedger.Open(database, store, message.WorkspaceId, By, null, ct);
        var (transaction, receiver) = (ledger.Transaction, message.Receiver);
        // The receiver's row first, as everywhere.
        switch (outcome)
        {
            case Outcome.Delivered:
                after = new(Back: await Receivers.IsBack(transaction, receiver, now, ct));
                foreach (var delivery in message.Deliveries) await Done(ledger, delivery, messageId, now, ct);
                break;
            case Outcome.Refused refused:
                after = new(Back: await Receivers.IsBack(transaction, receiver, now, ct));
                await FailAsRefused(ledger, message, refused.Reason, now, ct);
                break;
            case Outcome.Unsent unsent:
                await FailAsRefused(ledger, message, unsent.Reason, now, ct);
                break;
            case Outcome.Unreachable away:
                var (since, failures, told) = await Receivers.IsAway(transaction, receiver, startedAt, now, ct);
                foreach (var delivery in message.Deliveries)
                    await Fail(ledger, delivery, away.Reason, now, now - delivery.PlannedAt >= Schedule.LifetimeMax ? null : now, isRefusal: false, ct);
                await Receivers.Park(transaction, receiver, now + Schedule.Spread(Schedule.UntilProbe(failures, away.RetryAfter), Random.Shared.NextDouble()), ct);
                after = new(AwaySince: told ? null : since, Reason: away.Reason);
                break;
            case Outcome.Gone gone:
                // It is there and answers: whatever comes after it was switched on again is new.
                await Receivers.IsBack(transaction, receiver, now, ct);
                foreach (var delivery in message.Deliveries) await Fail(ledger, delivery, gone.Reason, now, null, isRefusal: true, ct);
                after = new(Off: true, Reason: gone.Reason);
                break;
            case Outcome.Nowhere nowhere:
                foreach (var delivery in message.Deliveries) await Fail(ledger, delivery, nowhere.Reason, now, null, isRefusal: false, ct);
                break;
            case Outcome.NotYet:
                await Later(transaction, message, now + NotYetWait, ct);
                break;
            default:
                throw new InvalidOperationException($"There is no record of {outcome.GetType().Name}.");
        }
        await Receivers.Probe(transaction, receiver, now, ct);
        await ledger.Save(now, ct);
        return after;
    }

    private async Task Follow(DueMessage message, Aftermath after)
    {
        var ct = CancellationToken.None;
        var now = clock.GetUtcNow();
        if (after.Off)
        {
            await channels.SwitchOff(message.WorkspaceId, message.ChannelId, after.Reason!, ct);
            await trouble.Tell(message, $"off {now:O}", after.Reason!, ct);
        }
        if (after.AwaySince is { } since && now - since >= ChannelTrouble.ToldAfter) await trouble.Tell(message, $"{since:O}", after.Reason!, ct);
        if (after.Back) await trouble.IsOver(message, ct);
    }

    private static TimeSpan? Spread(TimeSpan? wait) => wait is { } time ? Schedule.Spread(time, Random.Shared.NextDouble()) : null;

    private static async Task Done(AlertLedger ledger, DueDelivery delivery, Guid messageId, DateTimeOffset now, CancellationToken ct)
    {
        var alert = (await ledger.Load(delivery.AlertId, ct))!;
        ledger.Record(alert, Alert.Decide(new TellDelivered(delivery.Id, messageId, now), alert));
        await Move(ledger.Transaction, delivery, "delivered", null, now, now, 0, ct);
    }

    private static async Task FailAsRefused(AlertLedger ledger, DueMessage message, string reason, DateTimeOffset now, CancellationToken ct)
    {
        foreach (var delivery in message.Deliveries)
            await Fail(ledger, delivery, reason, now, now + Spread(Schedule.AfterRefusal(delivery.Refusals + 1)), isRefusal: true, ct);
    }

    /// <param name="ledger">The transaction.</param>
    /// <param name="delivery">What failed.</param>
    /// <param name="reason">What the receiver said.</param>
    /// <param name="now">When.</param>
    /// <param name="nextAt">Null: it is given up.</param>
    /// <param name="isRefusal">Whether it counts on the schedule of refusals.</param>
    /// <param name="ct">Stops it.</param>
    private static async Task Fail(AlertLedger ledger, DueDelivery delivery, string reason, DateTimeOffset now, DateTimeOffset? nextAt, bool isRefusal, CancellationToken ct)
    {
        var alert = (await ledger.Load(delivery.AlertId, ct))!;
        ledger.Record(alert, Alert.Decide(new TellFailed(delivery.Id, reason, GivesUp: nextAt is null, now), alert));
        await Move(ledger.Transaction, delivery, nextAt is null ? "failed" : "pending", reason, now, nextAt ?? now, isRefusal ? 1 : 0, ct);
    }

    private static async Task Move(
        NpgsqlTransaction transaction, DueDelivery delivery, string status, string? error, DateTimeOffset now, DateTimeOffset nextAt, int refusals, CancellationToken ct)
    {
        await using var move = new NpgsqlCommand(
            """
            update deliveries set status = $2, attempts = attempts + 1, refusals = refusals + $6, last_error = $3, at = $4, next_try_at = $5, leased_until = null
            where id = $1 and status = 'pending'
            """, transaction.Connection, transaction)
        {
            Parameters =
            {
                new() { Value = delivery.Id }, new() { Value = status }, new() { Value = (object?)error ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = now }, new() { Value = nextAt }, new() { Value = refusals },
            },
        };
        await move.ExecuteNonQueryAsync(ct);
    }

    private static async Task Later(NpgsqlTransaction transaction, DueMessage message, DateTimeOffset at, CancellationToken ct)
    {
        await using var later = new NpgsqlCommand(
            "update deliveries set next_try_at = $2, leased_until = null where id = any($1) and status = 'pending'", transaction.Connection, transaction)
        {
            Parameters = { new() { Value = message.Deliveries.Select(d => d.Id).ToArray() }, new() { Value = at } },
        };
        await later.ExecuteNonQueryAsync(ct);
    }

    /// <param name="AwaySince">The receiver is away since then, and nobody was told yet.</param>
    private sealed record Aftermath(DateTimeOffset? AwaySince = null, bool Back = false, bool Off = false, string? Reason = null);
}

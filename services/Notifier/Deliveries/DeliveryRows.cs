using Npgsql;
using NpgsqlTypes;
using TokenSense.Contracts;
using TokenSense.Notifier.Alerts;

namespace TokenSense.Notifier.Deliveries;

/// <summary>The schedule's rows, moved with the alerts' events.</summary>
internal static class DeliveryRows
{
    public static IEnumerable<NpgsqlBatchCommand> Follow(Alert alert, IEnumerable<AlertEvent> events, DateTimeOffset at) => events.SelectMany(happened => happened switch
    {
        AlertEvent.AlertRaised { To.Length: > 0 } e => Plan(e, at),
        AlertEvent.RedeliveryAsked => [PlanAgain(alert.Id, at)],
        _ => [],
    });

    // Of one scope, month and receiver whatever is still unsent leaves together (product decision 18).
    private static string BundleOf(AlertSubject subject, Guid workspaceId, Addressee to) => subject.Kind == AlertKind.BudgetThreshold
        ? $"{to.ChannelId:N}/{to.PersonId:N}/{workspaceId:N}/{subject.Scope}/{subject.ScopeId:N}/{subject.Period}"
        : to.DeliveryId.ToString("N");

    private static IEnumerable<NpgsqlBatchCommand> Plan(AlertEvent.AlertRaised raised, DateTimeOffset at)
    {
        var receivers = raised.To.Select(t => t.Receiver).Distinct().Order(StringComparer.Ordinal).ToArray();
        var first = raised.Subject.Kind == AlertKind.BudgetThreshold ? at + Schedule.GatherMax : at;
        // A person waits for the answer to a test.
        var waits = raised.Subject.Kind != AlertKind.Test;
        yield return new NpgsqlBatchCommand("insert into receivers (receiver) select unnest($1) on conflict do nothing") { Parameters = { new() { Value = receivers } } };
        // Held until commit, so that a receiver cannot come back or go away in between.
        yield return new NpgsqlBatchCommand("select from receivers where receiver = any($1) order by receiver for share") { Parameters = { new() { Value = receivers } } };
        yield return new NpgsqlBatchCommand(
            """
            insert into deliveries (id, alert_id, workspace_id, channel_id, person_id, receiver, bundle, status, attempts, planned_at, next_try_at)
            select d.id, $1, $2, d.channel_id, d.person_id, receiver, d.bundle, 'pending', 0, $3,
                case when $10 and r.failing_since is not null
                    and exists (select from deliveries p where p.receiver = r.receiver and p.status = 'pending' and p.next_try_at < 'infinity')
                    then 'infinity'::timestamptz else $4 end
            from unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::text[], $9::text[]) as d (id, channel_id, person_id, receiver, bundle) join receivers r using (receiver)
            """)
        {
            Parameters =
            {
                new() { Value = raised.Id }, new() { Value = raised.WorkspaceId }, new() { Value = at.ToUniversalTime() }, new() { Value = first.ToUniversalTime() },
                new() { Value = raised.To.Select(t => t.DeliveryId).ToArray() }, new() { Value = raised.To.Select(t => t.ChannelId).ToArray() },
                new() { Value = raised.To.Select(t => t.PersonId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid },
                new() { Value = raised.To.Select(t => t.Receiver).ToArray() },
                new() { Value = raised.To.Select(t => BundleOf(raised.Subject, raised.WorkspaceId, t)).ToArray() }, new() { Value = waits },
            },
        };
    }

    // Asked for by a person: at once, whatever is known of the receiver.
    private static NpgsqlBatchCommand PlanAgain(Guid alertId, DateTimeOffset at) => new(
        "update deliveries set status = 'pending', attempts = 0, refusals = 0, planned_at = $2, next_try_at = $2, leased_until = null where alert_id = $1 and status <> 'pending'")
    {
        Parameters = { new() { Value = alertId }, new() { Value = at.ToUniversalTime() } },
    };
}

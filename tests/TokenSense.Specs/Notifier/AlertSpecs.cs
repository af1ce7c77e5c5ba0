using System.Collections.Immutable;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.Notifier.Alerts;
using Xunit;

namespace TokenSense.Specs.Notifier;

public sealed class AlertSpecs
{
    private static readonly DateTimeOffset At = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Id = Guid.Parse("0197b7d0-0000-7000-8000-000000000001"), Workspace = Guid.Parse("0197b7d0-0000-7000-8000-000000000002");
    private static readonly Addressee Mail = new(Guid.Parse("0197b7d0-0000-7000-8000-00000000000a"), Guid.NewGuid(), Guid.NewGuid(), "smtp");
    private static readonly Addressee Hook = new(Guid.Parse("0197b7d0-0000-7000-8000-00000000000b"), Guid.NewGuid(), null, "channel:x");

    private static AlertSubject Crossed(long version = 5) => new(AlertKind.BudgetThreshold, "project", Guid.Empty, Threshold: 80, Period: "2026-11", Version: version);

    private static Raise Raising(Clearing? clearing = null, long version = 5) => new(Id, Workspace, Crossed(version), At, clearing, [Mail, Hook]);

    private static Alert Raised(params AlertEvent[] more) =>
        more.Aggregate(Alert.Decide(Raising(), null).Aggregate((Alert?)null, Alert.Evolve), Alert.Evolve)!;

    [Fact]
    public void An_alert_is_open_and_on_its_way_to_everyone_it_is_for()
    {
        var alert = Raised();
        alert.Status.ShouldBe("open");
        alert.Deliveries.Select(d => (d.Id, d.Status, d.Attempts)).ShouldBe([(Mail.DeliveryId, Delivery.Pending, 0), (Hook.DeliveryId, Delivery.Pending, 0)]);
    }

    [Fact]
    public void Raised_again_nothing_happens() => Alert.Decide(Raising(), Raised()).ShouldBeEmpty();

    [Theory]
    [InlineData(6, 1, "resolved")]
    [InlineData(6, 0, "resolved")]
    [InlineData(4, 1, "open")]
    [InlineData(6, -1, "open")]
    public void A_clearing_that_came_first_resolves_it_if_it_is_later_by_number_and_by_time(long version, int secondsAfter, string status) =>
        Alert.Decide(Raising(new(version, At.AddSeconds(secondsAfter))), null).Aggregate((Alert?)null, Alert.Evolve)!.Status.ShouldBe(status);

    [Fact]
    public void It_is_resolved_once_and_a_dismissed_one_too()
    {
        var dismissed = Raised([.. Alert.Decide(new Dismiss("user:x", At), Raised())]);
        dismissed.Status.ShouldBe("dismissed");
        Alert.Decide(new Dismiss("user:y", At), dismissed).ShouldBeEmpty();
        var resolved = Alert.Decide(new Resolve(At), dismissed).Aggregate(dismissed, Alert.Evolve);
        resolved.Status.ShouldBe("resolved");
        Alert.Decide(new Resolve(At), resolved).ShouldBeEmpty();
        Alert.Decide(new Dismiss("user:x", At), resolved).ShouldBeEmpty();
    }

    [Fact]
    public void A_delivery_counts_its_attempts_and_ends_once()
    {
        var failed = Raised(Alert.Decide(new TellFailed(Hook.DeliveryId, "HTTP 500", false, At), Raised()).ToArray());
        failed.Find(Hook.DeliveryId)!.ShouldBe(new Delivery(Hook.DeliveryId, Hook.ChannelId, null, Delivery.Pending, 1, "HTTP 500", At));
        var done = Alert.Decide(new TellDelivered(Hook.DeliveryId, Guid.NewGuid(), At.AddSeconds(5)), failed).Aggregate(failed, Alert.Evolve);
        done.Find(Hook.DeliveryId)!.ShouldBe(new Delivery(Hook.DeliveryId, Hook.ChannelId, null, Delivery.Done, 2, null, At.AddSeconds(5)));
        Alert.Decide(new TellDelivered(Hook.DeliveryId, Guid.NewGuid(), At), done).ShouldBeEmpty();
        Alert.Decide(new TellFailed(Hook.DeliveryId, "late", false, At), done).ShouldBeEmpty();
        done.Find(Mail.DeliveryId)!.Status.ShouldBe(Delivery.Pending);
    }

    [Fact]
    public void What_was_given_up_or_delivered_can_be_sent_again()
    {
        var given = Raised(Alert.Decide(new TellFailed(Hook.DeliveryId, "HTTP 404", true, At), Raised()).ToArray());
        given.Find(Hook.DeliveryId)!.Status.ShouldBe(Delivery.Failed);
        var again = Alert.Decide(new Redeliver("user:x", At), given).Aggregate(given, Alert.Evolve);
        again.Deliveries.ShouldAllBe(d => d.Status == Delivery.Pending);
        Alert.Decide(new Redeliver("user:x", At), again).ShouldBeEmpty();
    }
}

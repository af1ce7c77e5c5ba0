using Marten;
using Shouldly;
using TokenSense.KeyRegistry;
using TokenSense.ServiceDefaults.Audit;
using Xunit;
using BudgetsEvents = TokenSense.Budgets.StoredEvents;
using KeyRegistryEvents = TokenSense.KeyRegistry.StoredEvents;
using MeteringEvents = TokenSense.Metering.StoredEvents;
using NotifierEvents = TokenSense.Notifier.StoredEvents;

namespace TokenSense.Specs.Audit;

/// <summary>No change can be made that the audit log does not tell.</summary>
public sealed class CatalogSpecs
{
    public static readonly TheoryData<string> Services = ["KeyRegistry", "Metering", "Budgets", "Notifier"];

    [Theory]
    [MemberData(nameof(Services))]
    public void Every_type_of_event_that_a_service_stores_is_told_in_the_log_or_is_a_fact_that_nobody_made(string service)
    {
        var (catalog, stored) = Of(service);
        stored.Keys.Except(catalog.Types).Except(catalog.MachineFacts).Order().ShouldBeEmpty(
            $"stored by {service}, and neither an audited change nor a machine fact of its catalog: say which");
        catalog.Types.Concat(catalog.MachineFacts).Except(stored.Keys).ShouldBeEmpty($"in the catalog of {service}, and not stored by it");
        catalog.Types.Intersect(catalog.MachineFacts).ShouldBeEmpty("a change, or a fact that nobody made, and not both");
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Every_audited_type_is_told_by_the_fold_of_its_own_stream(string service)
    {
        var (catalog, stored) = Of(service);
        foreach (var type in catalog.Types) stored[type].IsAssignableTo(catalog[type].Stream.EventType).ShouldBeTrue(type);
    }

    [Fact]
    public void An_action_is_named_by_what_was_changed_and_how() =>
        Services.SelectMany(s => Of(s.Data).Catalog.Streams).SelectMany(s => s.Changes).SelectMany(c => new[] { c.Action, c.ActionIn(null) }).Distinct()
            .ShouldAllBe(action => System.Text.RegularExpressions.Regex.IsMatch(action, @"^[a-z_]+\.[a-z_]+$"));

    [Fact]
    public void A_filter_means_one_action_or_all_that_begin_with_its_word()
    {
        var catalog = Audited.Catalog;
        catalog.TypesOf("key.rotated", Guid.Empty).ShouldBe(["key-rotated"]);
        catalog.TypesOf("key", Guid.Empty).ShouldBe(["key-changed", "key-issued", "key-revoked", "key-rotated"]);
        catalog.TypesOf("ke", Guid.Empty).ShouldBeEmpty();
        // One stored type, of a token in a workspace and of a gateway in the installation.
        catalog.TypesOf("token.revoked", Guid.Empty).ShouldBe(["credential-revoked"]);
        catalog.TypesOf("gateway.revoked", null).ShouldBe(["credential-revoked"]);
        catalog.TypesOf("gateway.revoked", Guid.Empty).ShouldBeEmpty();
    }

    internal static (AuditCatalog Catalog, IReadOnlyDictionary<string, Type> Stored) Of(string service)
    {
        var options = new StoreOptions();
        (AuditCatalog Catalog, Action<StoreOptions> Pin) known = service switch
        {
            "KeyRegistry" => (Audited.Catalog, KeyRegistryEvents.Pin),
            "Metering" => (MeteringEvents.Audited, MeteringEvents.Pin),
            "Budgets" => (BudgetsEvents.Audited, BudgetsEvents.Pin),
            _ => (NotifierEvents.Audited, NotifierEvents.Pin),
        };
        known.Pin(options);
        var events = ((IReadOnlyStoreOptions)options).Events.AllKnownEventTypes().Where(t => t.EventType.Namespace!.StartsWith("TokenSense", StringComparison.Ordinal));
        return (known.Catalog, events.ToDictionary(t => t.EventTypeName, t => t.EventType));
    }
}

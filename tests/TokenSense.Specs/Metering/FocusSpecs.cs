using Shouldly;
using TokenSense.Contracts;
using TokenSense.Metering.Reports;
using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Metering;

public sealed class FocusSpecs
{
    /// <summary>Feature level "Mandatory" in the FinOps Open Cost and Usage Specification, tag v1.2, specification/columns/*.md.</summary>
    private static readonly string[] Mandatory =
    [
        "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass",
        "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity",
        "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory", "ServiceName",
    ];

    /// <summary>The others of version 1.2, by the same source: no column may have a name that the specification does not know.</summary>
    private static readonly string[] Others =
    [
        "AvailabilityZone", "BillingAccountType", "CapacityReservationId", "CapacityReservationStatus", "ChargeFrequency", "CommitmentDiscountCategory",
        "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountQuantity", "CommitmentDiscountStatus", "CommitmentDiscountType",
        "CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit", "ContractedUnitPrice", "InvoiceId", "ListUnitPrice", "PricingCategory", "PricingCurrency",
        "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "RegionId", "RegionName", "ResourceId",
        "ResourceName", "ResourceType", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName",
        "SubAccountType", "Tags",
    ];

    private static readonly string[] Zones = ["Europe/Berlin", "Pacific/Auckland"];

    [Fact]
    public void The_file_has_every_mandatory_column_and_none_that_the_specification_does_not_know()
    {
        var names = Columns(Grain.Model).Select(c => c.Name).ToList();
        Mandatory.Except(names).ShouldBeEmpty();
        var own = names.Where(n => n.StartsWith("x_", StringComparison.Ordinal)).ToList();
        names.Except(own).Except(Mandatory).Except(Others).ShouldBeEmpty();
        names.ShouldBe(names.Except(own).Concat(own));
        names.Distinct().Count().ShouldBe(names.Count);
    }

    [Fact]
    public void What_may_not_be_null_is_not_and_nothing_is_an_empty_text()
    {
        var values = Values(Row());
        foreach (var name in Mandatory.Except(["ChargeClass"])) values[name].ShouldNotBeNull(name);
        values["ChargeClass"].ShouldBeNull();
        var unassigned = Values(Row() with { ProjectId = null, Project = "Unassigned", ProjectSlug = null });
        foreach (var name in new[] { "SubAccountId", "SubAccountName", "Tags" }) unassigned[name].ShouldBeNull(name);
        values.Values.Concat(unassigned.Values).ShouldAllBe(v => v != "");
    }

    [Fact]
    public void A_month_is_charged_from_its_start_to_the_start_of_the_next_in_UTC()
    {
        var values = Values(Row());
        (values["BillingPeriodStart"], values["BillingPeriodEnd"]).ShouldBe(("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"));
        (values["ChargePeriodStart"], values["ChargePeriodEnd"]).ShouldBe(("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"));
    }

    [Fact]
    public void A_day_is_charged_as_the_workspace_lived_it_also_when_the_clocks_change()
    {
        var values = Values(Row() with { Day = new DateOnly(2026, 10, 25) }, Grain.Day);
        (values["ChargePeriodStart"], values["ChargePeriodEnd"]).ShouldBe(("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"));
    }

    [Fact]
    public void A_day_never_reaches_beyond_its_month()
    {
        // From November on the days are Auckland's, which begin before October has ended in Berlin.
        TimeZoneFrom[] zones = [new(null, Zones[0]), new("2026-11", Zones[1])];
        var values = Values(Row() with { Day = new DateOnly(2026, 11, 1) }, Grain.Day, "2026-11", zones);
        values["ChargePeriodStart"].ShouldBe(values["BillingPeriodStart"]);
        values["ChargePeriodEnd"].ShouldBe("2026-11-01T11:00:00Z");
    }

    [Fact]
    public void Costs_are_exact_and_the_provider_is_named_as_in_the_price_book()
    {
        var values = Values(Row());
        foreach (var cost in new[] { "BilledCost", "EffectiveCost", "ListCost", "ContractedCost" }) values[cost].ShouldBe("0.123456789012");
        (values["ProviderName"], values["SkuId"], values["ConsumedQuantity"], values["ConsumedUnit"]).ShouldBe(("OpenAI", "openai/gpt-4o", "110", "Tokens"));
        (values["Tags"], values["x_CostBasis"]).ShouldBe(("""{"project":"client-a"}""", "list_price_estimate_excl_tax"));
    }

    private static ExportRow Row() => new(
        Guid.NewGuid(), "Client A", "client-a", false, null, null, null, "openai", "gpt-4o", 1, 100, 10, 0, "0.123456789012", "0.12");

    private static Dictionary<string, string?> Values(ExportRow row, string grain = Grain.Model, string period = "2026-10", TimeZoneFrom[]? zones = null) =>
        Columns(grain, period, zones).ToDictionary(c => c.Name, c => c.Value(row));

    private static IReadOnlyList<ExportColumn> Columns(string grain, string period = "2026-10", TimeZoneFrom[]? zones = null)
    {
        zones ??= [new(null, Zones[0])];
        var workspace = new WorkspaceChanged { WorkspaceId = Guid.NewGuid(), Slug = "agency", Name = "Agency", TimeZones = zones, CreatedAt = default, Version = 1 };
        var query = new ExportQuery(workspace, new PeriodCalendar(zones), period, new ProjectChoice(null, null), grain);
        return Focus.Columns(new ExportHead(query, "open", 7, new string('a', 64), "0.123456789012", "0.12"), PriceBook.Default);
    }
}

using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Pages.Audit;
using TokenSense.Specs.Audit;
using Xunit;

namespace TokenSense.Specs.Dashboard;

/// <summary>How the audit page tells what the services log.</summary>
public sealed class AuditWordsSpecs
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private static readonly Guid Project = Guid.NewGuid();

    // In no workspace's log.
    private static readonly string[] OfTheInstallation = ["gateway", "person", "signing_key"];

    [Fact]
    public void The_filter_offers_what_the_services_log_in_a_workspace_and_nothing_else() =>
        AuditWords.Kinds.ShouldBe(
            CatalogSpecs.Services.SelectMany(s => CatalogSpecs.Of(s.Data).Catalog.Streams).SelectMany(s => s.Changes).Select(c => c.ActionIn(Guid.Empty).Split('.')[0])
                .Distinct().Except(OfTheInstallation), ignoreOrder: true);

    [Theory]
    [InlineData("amount_usd", "0.000000123457", "$0.00000012", "0.000000123457 USD")]
    [InlineData("amount_usd", "1500.5", "$1,500.50", "1500.5 USD")]
    [InlineData("expires_at", "\"2026-11-30T12:00:00+00:00\"", "30 Nov 2026, 13:00", "2026-11-30 13:00:00 +01:00 (Europe/Berlin)")]
    [InlineData("thresholds", "[80,100]", "80 %, 100 %", null)]
    [InlineData("name", "\"2026-11-30\"", "2026-11-30", null)]
    [InlineData("enabled", "true", "yes", null)]
    [InlineData("revoked_at", "null", "", null)]
    public void A_value_is_told_as_people_read_it_and_exactly_on_hover(string member, string json, string text, string? exact)
    {
        var change = AuditWords.Changes(Entry($$"""{"{{member}}":{{json}}}""", """{"other":1}"""), Berlin, _ => null).Where(c => c.Name != "Other").ToList();
        if (text.Length == 0) change.ShouldBeEmpty();
        else change.Single().Before.ShouldBe(new AuditValue(text, exact));
    }

    [Fact]
    public void A_project_is_told_by_its_name_where_it_is_known()
    {
        var entry = Entry($$"""{"project_id":"{{Project}}"}""", $$"""{"project_id":"{{Guid.Empty}}"}""");
        var change = AuditWords.Changes(entry, Berlin, id => id == Project ? "Client A" : null).Single();
        change.ShouldBe(new AuditChange("Project", new("Client A", $"{Project}"), new($"{Guid.Empty}")));
        AuditWords.Changes(Entry("""{"budgets":null}""", $$"""{"budgets":[{"scope":"project","id":"{{Project}}"}]}"""), Berlin, _ => "Client A").Single().After.Text.ShouldBe("project Client A");
    }

    [Theory]
    [InlineData("key", "2026-11-01", null, "/w/acme/audit?action=key&from=2026-11-01")]
    [InlineData("usage", "yesterday", "2026-11-30", "/w/acme/audit?to=2026-11-30")]
    public void The_filter_stands_in_the_address_and_takes_nothing_else_from_there(string? kind, string? from, string? to, string address) =>
        AuditFilter.Read(kind, from, to).Address("/w/acme").ShouldBe(address);

    private static AuditModel Entry(string before, string after) => new(
        Guid.NewGuid(), DateTimeOffset.UnixEpoch, "key.changed", new("key", "", null), new("system", "", null, null), null,
        JsonNode.Parse(before)!.AsObject(), JsonNode.Parse(after)!.AsObject());
}

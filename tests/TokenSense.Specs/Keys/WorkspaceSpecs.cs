using Shouldly;
using TokenSense.Contracts;
using TokenSense.KeyRegistry.Workspaces;
using Xunit;
using static TokenSense.KeyRegistry.Workspaces.WorkspaceEvent;
using Space = TokenSense.Specs.Keys.Story<TokenSense.KeyRegistry.Workspaces.Workspace, TokenSense.KeyRegistry.Workspaces.WorkspaceEvent>;

namespace TokenSense.Specs.Keys;

public sealed class WorkspaceSpecs
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Id = Guid.NewGuid();
    private static readonly WorkspaceCreated Created = new(Id, "acme", "Acme", "UTC", Noon);

    [Fact]
    public void A_workspace_is_created_once() =>
        Space.Given().When(w => Workspace.Decide(new WorkspaceCommand.Create(Id, "acme", "Acme", "UTC", Noon), w)).Then(Created);

    [Fact]
    public void A_chosen_time_zone_takes_effect_with_the_next_period() =>
        ZonesOf(Space.Given(Created).When(Choose("Europe/Berlin")).Then(Chosen("Europe/Berlin", from: "2026-12")))
            .ShouldBe([new(null, "UTC"), new("2026-12", "Europe/Berlin")]);

    [Fact]
    public void The_next_period_is_told_by_the_zone_in_force()
    {
        // It is December already on Kiritimati, 14 hours ahead.
        var at = new DateTimeOffset(2026, 11, 30, 11, 0, 0, TimeSpan.Zero);
        Space.Given(Created with { TimeZone = "Pacific/Kiritimati" })
            .When(Choose("UTC", at))
            .Then(new TimeZoneChosen("UTC", "2027-01", at));
    }

    [Fact]
    public void A_second_choice_in_one_period_replaces_the_first() =>
        ZonesOf(Space.Given(Created, Chosen("Europe/Berlin", "2026-12")).When(Choose("Asia/Tokyo")).Then(Chosen("Asia/Tokyo", "2026-12")))
            .ShouldBe([new(null, "UTC"), new("2026-12", "Asia/Tokyo")]);

    [Fact]
    public void Choosing_the_zone_in_force_takes_a_pending_one_back() =>
        ZonesOf(Space.Given(Created, Chosen("Europe/Berlin", "2026-12")).When(Choose("UTC")).Then(Chosen("UTC", "2026-12")))
            .ShouldBe([new(null, "UTC")]);

    [Fact]
    public void Choosing_the_zone_in_force_changes_nothing() =>
        Space.Given(Created).When(Choose("UTC")).ThenNothing();

    [Fact]
    public void A_zone_that_came_into_force_stays_part_of_the_past()
    {
        var at = new DateTimeOffset(2026, 12, 10, 0, 0, 0, TimeSpan.Zero);
        ZonesOf(Space.Given(Created, Chosen("Europe/Berlin", "2026-12")).When(Choose("UTC", at)).Then(new TimeZoneChosen("UTC", "2027-01", at)))
            .ShouldBe([new(null, "UTC"), new("2026-12", "Europe/Berlin"), new("2027-01", "UTC")]);
    }

    [Fact]
    public void A_rename_to_the_same_name_changes_nothing() =>
        Space.Given(Created).When(w => Workspace.Decide(new WorkspaceCommand.Rename("Acme", Noon), w)).ThenNothing();

    [Fact]
    public void A_workspace_is_deleted_once() =>
        Space.Given(Created).When(w => Workspace.Decide(new WorkspaceCommand.Delete(Noon), w)).Then(new WorkspaceDeleted(Noon));

    [Fact]
    public void A_deleted_workspace_is_not_changed()
    {
        var deleted = Space.Given(Created, new WorkspaceDeleted(Noon));
        deleted.When(Choose("Asia/Tokyo")).ThenNothing();
        deleted.When(w => Workspace.Decide(new WorkspaceCommand.Rename("Other", Noon), w)).ThenNothing();
    }

    private static TimeZoneChosen Chosen(string zone, string from) => new(zone, from, Noon);

    private static Func<Workspace?, IEnumerable<WorkspaceEvent>> Choose(string zone, DateTimeOffset? at = null) =>
        workspace => Workspace.Decide(new WorkspaceCommand.ChooseTimeZone(zone, at ?? Noon), workspace);

    private static IReadOnlyList<TimeZoneFrom> ZonesOf(Workspace workspace) => ((WorkspaceChanged)workspace.Contract(1)).TimeZones;
}

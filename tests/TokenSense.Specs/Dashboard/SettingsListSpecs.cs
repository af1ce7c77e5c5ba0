using Shouldly;
using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Pages.Settings;
using TokenSense.Dashboard.Pages.Shared;
using Xunit;

namespace TokenSense.Specs.Dashboard;

public sealed class SettingsListSpecs
{
    [Fact]
    public void A_thousand_projects_are_shown_in_pages_in_the_order_of_people()
    {
        var list = ProjectList.Of(Projects(1_000), new Dictionary<Guid, ScopeModel>(), "", archived: false, page: 0);
        (list.Rows.Count, list.Found, list.First, list.HasNext).ShouldBe((ProjectList.PageSize, 1_000, 0, true));
        list.Rows.Take(3).Select(r => r.Project.Name).ShouldBe(["Client 1", "Client 2", "Client 3"]);
    }

    [Fact]
    public void A_page_past_the_last_shows_the_last() =>
        ProjectList.Of(Projects(30), new Dictionary<Guid, ScopeModel>(), "", archived: false, page: 9).First.ShouldBe(ProjectList.PageSize);

    [Fact]
    public void Archived_projects_are_hidden_until_they_are_asked_for()
    {
        var projects = Projects(2).Append(Project("Old") with { ArchivedAt = DateTimeOffset.UnixEpoch }).ToList();
        ProjectList.Of(projects, new Dictionary<Guid, ScopeModel>(), "", archived: false, page: 0).Found.ShouldBe(2);
        ProjectList.Of(projects, new Dictionary<Guid, ScopeModel>(), "", archived: true, page: 0).Rows[^1].Project.Name.ShouldBe("Old");
    }

    [Fact]
    public void A_search_finds_what_has_each_of_its_words() =>
        ProjectList.Of(Projects(30), new Dictionary<Guid, ScopeModel>(), "client 29", archived: false, page: 0).Rows.Single().Project.Name.ShouldBe("Client 29");

    [Fact]
    public void The_way_back_through_a_list_is_the_way_there()
    {
        var cursors = new Cursors();
        cursors.Read("a");
        cursors.Forth();
        cursors.Read("b");
        cursors.Forth();
        cursors.Read(null);
        (cursors.Here, cursors.Page, cursors.HasNext).ShouldBe(("b", 3, false));
        cursors.Back();
        (cursors.Here, cursors.Page, cursors.HasBefore).ShouldBe(("a", 2, true));
        cursors.Back();
        (cursors.Here, cursors.HasBefore).ShouldBe(("", false));
    }

    [Fact]
    public void A_key_is_found_by_what_the_list_shows_of_it() =>
        new KeyFilter(Text: "ts_live_ab12…w&yz").Query("").ShouldBe("limit=50&order=newest&q=w%26yz");

    [Fact]
    public void A_channel_that_watches_all_says_null_for_each()
    {
        var watched = new WatchDraft().Read(out _).ShouldNotBeNull();
        (watched.Budgets, watched.Thresholds, watched.Kinds).ShouldBe((null, null, null));
    }

    [Fact]
    public void A_channel_must_watch_something()
    {
        var draft = new WatchDraft { AllBudgets = false, AllThresholds = false, Thresholds = "", AllKinds = false };
        draft.Kinds.Clear();
        draft.Read(out var wrong).ShouldBeNull();
        wrong.Keys.Order().ShouldBe(["budgets", "kinds", "thresholds"]);
    }

    private static List<ProjectModel> Projects(int count) => [.. Enumerable.Range(1, count).Reverse().Select(i => Project($"Client {i}"))];

    private static ProjectModel Project(string name) => new(Guid.NewGuid(), name.ToLowerInvariant().Replace(' ', '-'), name, "#3b82f6", null, null, DateTimeOffset.UnixEpoch);
}

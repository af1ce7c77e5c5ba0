using Shouldly;
using TokenSense.Contracts;
using TokenSense.KeyRegistry.Projects;
using Xunit;
using static TokenSense.KeyRegistry.Projects.ProjectEvent;
using Client = TokenSense.Specs.Keys.Story<TokenSense.KeyRegistry.Projects.Project, TokenSense.KeyRegistry.Projects.ProjectEvent>;

namespace TokenSense.Specs.Keys;

public sealed class ProjectSpecs
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly ProjectCreated Created = new(Guid.NewGuid(), Guid.NewGuid(), "client", "Client", "#3b82f6", null, Noon);

    [Fact]
    public void A_project_is_created_once() =>
        Client.Given()
            .When(p => Project.Decide(new ProjectCommand.Create(Created.Id, Created.WorkspaceId, "client", "Client", "#3b82f6", null, Noon), p))
            .Then(Created);

    [Fact]
    public void A_project_is_described_anew() =>
        Client.Given(Created).When(Describe("Client One", "#112233", "first")).Then(new ProjectDescribed("Client One", "#112233", "first", Noon));

    [Fact]
    public void The_same_description_changes_nothing() =>
        Client.Given(Created).When(Describe("Client", "#3b82f6", null)).ThenNothing();

    [Fact]
    public void An_archived_project_says_since_when()
    {
        var archived = Client.Given(Created).When(p => Project.Decide(new ProjectCommand.Archive(Noon), p)).Then(new ProjectArchived(Noon));
        ((ProjectChanged)archived.Contract(2)).ArchivedAt.ShouldBe(Noon);
    }

    [Fact]
    public void An_unarchived_project_is_as_before()
    {
        var back = Client.Given(Created, new ProjectArchived(Noon))
            .When(p => Project.Decide(new ProjectCommand.Unarchive(Noon), p))
            .Then(new ProjectUnarchived(Noon));
        back.ShouldBe(Client.Given(Created).State);
    }

    private static Func<Project?, IEnumerable<ProjectEvent>> Describe(string name, string color, string? description) =>
        project => Project.Decide(new ProjectCommand.Describe(name, color, description, Noon), project);
}

using Shouldly;
using Xunit;
using static TokenSense.Specs.Enforcement.KeySpecs;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Enforcement;

public sealed class ProjectSpecs
{
    private static World WithKeyOfNoProject() => new World().With(AKey(2) with { ProjectId = null });

    [Theory]
    [InlineData("alpha")]
    [InlineData("00000002-0000-0000-0000-000000000000")]
    public void A_key_may_name_its_own_project(string project) => new World().Call(project).ProjectId.ShouldBe(Project);

    [Theory]
    [InlineData("beta")]
    [InlineData("00000003-0000-0000-0000-000000000000")]
    [InlineData("nowhere")]
    public void A_key_made_for_a_project_cannot_name_another(string project) => Refused(new World().Call(project), 400, "PROJECT_MISMATCH");

    [Fact]
    public void A_key_of_no_project_spends_for_the_workspace_alone()
    {
        var call = WithKeyOfNoProject().Call();
        call.IsAllowed.ShouldBeTrue();
        call.ProjectId.ShouldBeNull();
    }

    [Theory]
    [InlineData("beta")]
    [InlineData("00000003-0000-0000-0000-000000000000")]
    public void A_key_of_no_project_may_name_one_per_request(string project) => WithKeyOfNoProject().Call(project).ProjectId.ShouldBe(OtherProject);

    [Fact]
    public void An_unknown_project_is_an_invalid_request() => Refused(WithKeyOfNoProject().Call("nowhere"), 400, "INVALID_REQUEST");

    [Fact]
    public void An_archived_project_is_an_invalid_request() =>
        Refused(WithKeyOfNoProject().With(AProject(OtherProject, "beta", 2) with { ArchivedAt = Now }).Call("beta"), 400, "INVALID_REQUEST");

    [Fact]
    public void A_project_of_another_workspace_is_as_good_as_unknown() =>
        Refused(WithKeyOfNoProject().With(AProject(Id(9), "gamma") with { WorkspaceId = Id(8) }).Call(Id(9).ToString()), 400, "INVALID_REQUEST");

    [Fact]
    public void A_named_project_s_budget_applies()
    {
        var world = WithKeyOfNoProject().With(Spend("project", 10, 10));
        world.Call().IsAllowed.ShouldBeTrue();
        world.Call("beta").IsAllowed.ShouldBeTrue();
        Refused(world.Call("alpha"), 402, "PROJECT_BUDGET_EXCEEDED");
    }

    [Fact]
    public void A_slug_that_passed_to_another_project_names_that_one()
    {
        var world = WithKeyOfNoProject().With(AProject(Project, "renamed", 2), AProject(OtherProject, "alpha", 2));
        world.Call("alpha").ProjectId.ShouldBe(OtherProject);
        world.Call("renamed").ProjectId.ShouldBe(Project);
        Refused(world.Call("beta"), 400, "INVALID_REQUEST");
    }
}

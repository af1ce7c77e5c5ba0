using System.Collections.Immutable;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.Notifier.Alerts;
using TokenSense.Notifier.Channels;
using Xunit;

namespace TokenSense.Specs.Notifier;

public sealed class ChannelSpecs
{
    private static readonly DateTimeOffset At = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Workspace = Guid.NewGuid(), Project = Guid.NewGuid();
    private static readonly ChannelTerms All = new("Ops", true, null, null, null);

    private static Channel Made(ChannelTerms? terms = null) =>
        Channel.Decide(new CreateChannel(Guid.NewGuid(), Workspace, Channel.Webhook, terms ?? All, false, At), null).Aggregate((Channel?)null, Channel.Evolve)!;

    private static AlertSubject Crossed(Guid scopeId, int threshold) => new(AlertKind.BudgetThreshold, "project", scopeId, Threshold: threshold);

    private static readonly AlertSubject Unpriced = new(AlertKind.UnpricedModel, "model", null, "openai/x");

    [Fact]
    public void One_that_names_nothing_watches_everything()
    {
        Made().Watches(Crossed(Project, 80)).ShouldBeTrue();
        Made().Watches(Unpriced).ShouldBeTrue();
    }

    [Fact]
    public void One_that_names_budgets_watches_those_and_no_other_kind()
    {
        var channel = Made(All with { Budgets = [new("project", Project)] });
        channel.Watches(Crossed(Project, 80)).ShouldBeTrue();
        channel.Watches(Crossed(Guid.NewGuid(), 80)).ShouldBeFalse();
        channel.Watches(new AlertSubject(AlertKind.BudgetThreshold, "key", Project, Threshold: 80)).ShouldBeFalse();
        channel.Watches(Unpriced).ShouldBeFalse();
        Made(All with { Budgets = [new("project", Project)], Kinds = [AlertKind.UnpricedModel] }).Watches(Unpriced).ShouldBeTrue();
    }

    [Fact]
    public void One_that_names_thresholds_leaves_out_others_of_budgets_alone()
    {
        var channel = Made(All with { Thresholds = [100] });
        channel.Watches(Crossed(Project, 100)).ShouldBeTrue();
        channel.Watches(Crossed(Project, 80)).ShouldBeFalse();
        channel.Watches(Unpriced).ShouldBeTrue();
    }

    [Fact]
    public void One_that_is_off_or_deleted_watches_nothing()
    {
        Made(All with { Enabled = false }).Watches(Crossed(Project, 80)).ShouldBeFalse();
        var made = Made();
        Channel.Decide(new DeleteChannel(At), made).Aggregate(made, Channel.Evolve).Watches(Crossed(Project, 80)).ShouldBeFalse();
    }

    [Fact]
    public void The_same_terms_again_change_nothing()
    {
        var channel = Made(All with { Budgets = [new("project", Project)], Thresholds = [80, 100] });
        Channel.Decide(new ChangeChannel(All with { Budgets = [new("project", Project)], Thresholds = [80, 100] }, false, At), channel).ShouldBeEmpty();
        Channel.Decide(new ChangeChannel(channel.Terms, true, At), channel).ShouldHaveSingleItem();
    }

    [Fact]
    public void One_that_was_switched_off_by_its_receiver_says_why_until_it_is_switched_on()
    {
        var made = Made();
        var off = Channel.Decide(new SwitchOffChannel("HTTP 410", At), made).Aggregate(made, Channel.Evolve);
        (off.Terms.Enabled, off.OffReason).ShouldBe((false, "HTTP 410"));
        Channel.Decide(new SwitchOffChannel("HTTP 410", At), off).ShouldBeEmpty();
        Channel.Decide(new ChangeChannel(off.Terms with { Enabled = true }, false, At), off).Aggregate(off, Channel.Evolve).OffReason.ShouldBeNull();
    }

    [Fact]
    public void Owners_and_admins_can_be_switched_off_and_not_deleted()
    {
        var owners = Channel.Owners(Workspace, At);
        owners.Id.ShouldBe(Channel.Owners(Workspace, At.AddDays(1)).Id);
        Channel.Decide(new DeleteChannel(At), owners).ShouldBeEmpty();
    }
}

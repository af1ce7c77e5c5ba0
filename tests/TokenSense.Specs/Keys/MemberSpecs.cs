using Shouldly;
using TokenSense.KeyRegistry.Members;
using TokenSense.ServiceDefaults.Access;
using Xunit;
using static TokenSense.KeyRegistry.Members.InvitationEvent;
using static TokenSense.KeyRegistry.Members.MemberEvent;
using Invited = TokenSense.Specs.Keys.Story<TokenSense.KeyRegistry.Members.Invitation, TokenSense.KeyRegistry.Members.InvitationEvent>;
using Joined = TokenSense.Specs.Keys.Story<TokenSense.KeyRegistry.Members.Member, TokenSense.KeyRegistry.Members.MemberEvent>;

namespace TokenSense.Specs.Keys;

public sealed class MemberSpecs
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Workspace = Guid.NewGuid(), User = Guid.NewGuid();
    private static readonly RoleGiven Given = new(Workspace, User, Role.Member, Noon);
    private static readonly MemberRemoved Removed = new(Workspace, User, Noon);
    private static readonly MemberInvited Asked = new(Guid.NewGuid(), Workspace, Role.Member, Noon.AddDays(7), Noon);

    [Fact]
    public void A_removed_member_has_no_role_and_may_come_back()
    {
        Joined.Given(Given).When(m => Member.Decide(new MemberCommand.Remove(Workspace, User, Noon), m)).Then(Removed).Role.ShouldBeNull();
        ((Contracts.MemberChanged)Joined.Given(Given, Removed).State!.Contract(2)).Role.ShouldBeNull();
        Joined.Given(Given, Removed).When(m => Member.Decide(new MemberCommand.GiveRole(Workspace, User, Role.Member, Noon), m)).Then(Given);
    }

    [Fact]
    public void Who_never_was_a_member_is_not_removed() =>
        Joined.Given().When(m => Member.Decide(new MemberCommand.Remove(Workspace, User, Noon), m)).ThenNothing();

    [Theory]
    // Admins manage all but owners, and make none.
    [InlineData(Role.Admin, false, Role.Member, Role.Admin, 1, null)]
    [InlineData(Role.Admin, false, Role.Admin, null, 1, null)]
    [InlineData(Role.Admin, false, Role.Member, Role.Owner, 1, MemberRefusal.Forbidden)]
    [InlineData(Role.Admin, false, Role.Owner, Role.Member, 2, MemberRefusal.Forbidden)]
    [InlineData(Role.Admin, false, Role.Owner, null, 2, MemberRefusal.Forbidden)]
    // Owners manage owners, and one stays.
    [InlineData(Role.Owner, false, Role.Admin, Role.Owner, 1, null)]
    [InlineData(Role.Owner, false, Role.Owner, null, 2, null)]
    [InlineData(Role.Owner, true, Role.Owner, null, 1, MemberRefusal.LastOwner)]
    [InlineData(Role.Owner, true, Role.Owner, Role.Admin, 1, MemberRefusal.LastOwner)]
    [InlineData(Role.Owner, true, Role.Owner, Role.Owner, 1, null)]
    // Everyone may leave, and nobody without admin's role does more.
    [InlineData(Role.Viewer, true, Role.Viewer, null, 1, null)]
    [InlineData(Role.Viewer, true, Role.Viewer, Role.Admin, 1, MemberRefusal.Forbidden)]
    [InlineData(Role.Member, false, Role.Viewer, null, 1, MemberRefusal.Forbidden)]
    [InlineData(Role.Owner, true, Role.Owner, null, 2, null)]
    public void Who_may_change_whom(Role actor, bool isSelf, Role target, Role? next, int owners, MemberRefusal? refusal) =>
        MemberRules.MayChange(actor, isSelf, target, next, owners).ShouldBe(refusal);

    [Fact]
    public void An_invitation_is_accepted_once_and_not_after_its_end_or_its_withdrawal()
    {
        Invited.Given(Asked).When(Accept(Noon)).Then(new InvitationAccepted(User, Noon));
        Invited.Given(Asked).When(Accept(Noon.AddDays(7))).ThenNothing();
        Invited.Given(Asked, new InvitationWithdrawn(Noon)).When(Accept(Noon)).ThenNothing();
    }

    [Fact]
    public void The_role_of_an_invitation_changes_while_it_is_open()
    {
        Invited.Given(Asked).When(As(Role.Admin)).Then(new InvitedRoleChanged(Role.Admin, Noon));
        Invited.Given(Asked, new InvitationAccepted(User, Noon)).When(As(Role.Admin)).ThenNothing();
    }

    [Fact]
    public void Events_of_invitations_have_no_room_for_a_name_or_an_address() =>
        typeof(InvitationEvent).GetNestedTypes().SelectMany(e => e.GetProperties()).Select(p => p.PropertyType).ShouldNotContain(typeof(string));

    private static Func<Invitation?, IEnumerable<InvitationEvent>> Accept(DateTimeOffset at) => i => Invitation.Decide(new InvitationCommand.Accept(User, at), i);

    private static Func<Invitation?, IEnumerable<InvitationEvent>> As(Role role) => i => Invitation.Decide(new InvitationCommand.ChangeRole(role, Noon), i);
}

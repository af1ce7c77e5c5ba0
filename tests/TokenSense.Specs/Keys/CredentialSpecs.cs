using Shouldly;
using TokenSense.Contracts;
using TokenSense.KeyRegistry.Credentials;
using TokenSense.KeyRegistry.Members;
using TokenSense.ServiceDefaults.Access;
using Xunit;
using static TokenSense.KeyRegistry.Credentials.CredentialEvent;
using Machine = TokenSense.Specs.Keys.Story<TokenSense.KeyRegistry.Credentials.Credential, TokenSense.KeyRegistry.Credentials.CredentialEvent>;
using Person = TokenSense.Specs.Keys.Story<TokenSense.KeyRegistry.Members.Member, TokenSense.KeyRegistry.Members.MemberEvent>;

namespace TokenSense.Specs.Keys;

public sealed class CredentialSpecs
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Id = Guid.NewGuid();
    private static readonly Guid Workspace = Guid.NewGuid();
    private static readonly GatewayAdmitted Admitted = new(Id, "edge", null, "hash", "user:1", Noon);

    [Fact]
    public void An_automation_token_acts_in_its_workspace_with_its_role()
    {
        var token = Machine.Given()
            .When(c => Credential.Decide(new CredentialCommand.IssueToken(Id, Workspace, "ci", Role.Member, "hash", null, "user:1", Noon), c))
            .Then(new TokenIssued(Id, Workspace, "ci", Role.Member, "hash", null, "user:1", Noon));
        var told = (CredentialChanged)token.Contract(1);
        (told.Kind, told.Role).ShouldBe(("automation", "member"));
        told.Workspaces.ShouldBe([Workspace]);
    }

    [Fact]
    public void A_gateway_without_workspaces_serves_all_and_has_no_role()
    {
        var gateway = Machine.Given()
            .When(c => Credential.Decide(new CredentialCommand.AdmitGateway(Id, "edge", null, "hash", "user:1", Noon), c))
            .Then(Admitted);
        var told = (CredentialChanged)gateway.Contract(1);
        (told.Kind, told.Role, told.Workspaces).ShouldBe(("gateway", null, null));
    }

    [Fact]
    public void A_replaced_token_no_longer_opens() =>
        Machine.Given(Admitted).When(Replace("other")).Then(new TokenReplaced("other", Noon)).Sha256.ShouldBe("other");

    [Fact]
    public void The_same_token_again_changes_nothing() =>
        Machine.Given(Admitted).When(Replace("hash")).ThenNothing();

    [Fact]
    public void A_credential_is_revoked_once_and_stays_so()
    {
        Machine.Given(Admitted).When(c => Credential.Decide(new CredentialCommand.Revoke(Noon), c)).Then(new CredentialRevoked(Noon));
        Machine.Given(Admitted, new CredentialRevoked(Noon)).When(Replace("other")).ThenNothing();
    }

    [Fact]
    public void A_role_is_given_once()
    {
        var given = new MemberCommand.GiveRole(Workspace, Id, Role.Owner, Noon);
        Person.Given().When(m => Member.Decide(given, m)).Then(new MemberEvent.RoleGiven(Workspace, Id, Role.Owner, Noon));
    }

    private static Func<Credential?, IEnumerable<CredentialEvent>> Replace(string sha256) =>
        credential => Credential.Decide(new CredentialCommand.ReplaceToken(sha256, Noon), credential);
}

using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using Shouldly;
using TokenSense.Budgets.Limits;
using TokenSense.Contracts;
using TokenSense.KeyRegistry.Credentials;
using TokenSense.KeyRegistry.Keys;
using TokenSense.KeyRegistry.Members;
using TokenSense.KeyRegistry.People;
using TokenSense.KeyRegistry.Projects;
using TokenSense.KeyRegistry.Workspaces;
using TokenSense.Metering.Prices;
using TokenSense.Metering.Usage;
using TokenSense.Notifier.Alerts;
using TokenSense.Notifier.Channels;
using TokenSense.ServiceDefaults.Access;
using TokenSense.ServiceDefaults.Audit;
using Xunit;

namespace TokenSense.Specs.Audit;

/// <summary>What each change says of itself in the audit log, from its stream alone.</summary>
public sealed class RenderingSpecs
{
    private const string Hash = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private static readonly DateTimeOffset At = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Ws = new("01900000-0000-7000-8000-000000000001"), Id = new("01900000-0000-7000-8000-000000000002");

    private static readonly (string Service, object[] Happened, string[] Told)[] Stories =
    [
        ("KeyRegistry",
            [
                new WorkspaceEvent.WorkspaceCreated(Ws, "acme", "Acme", "UTC", At), new WorkspaceEvent.WorkspaceRenamed("Acme Inc", At),
                new WorkspaceEvent.TimeZoneChosen("Europe/Berlin", "2026-12", At), new WorkspaceEvent.WorkspaceDeleted(At),
            ],
            [
                """workspace.created Acme: null → {"name":"Acme","slug":"acme","time_zone":"UTC","time_zone_since":null,"deleted_at":null}""",
                """workspace.renamed Acme Inc: {"name":"Acme"} → {"name":"Acme Inc"}""",
                """workspace.time_zone_chosen Acme Inc: {"time_zone":"UTC","time_zone_since":null} → {"time_zone":"Europe/Berlin","time_zone_since":"2026-12"}""",
                """workspace.deleted Acme Inc: {"deleted_at":null} → {"deleted_at":"2026-11-23T12:00:00+00:00"}""",
            ]),
        ("KeyRegistry",
            [new MemberEvent.RoleGiven(Ws, Id, Role.Viewer, At), new MemberEvent.RoleGiven(Ws, Id, Role.Admin, At), new MemberEvent.MemberRemoved(Ws, Id, At)],
            [
                """member.role_given : null → {"role":"viewer"}""", """member.role_given : {"role":"viewer"} → {"role":"admin"}""",
                """member.removed : {"role":"admin"} → {"role":null}""",
            ]),
        ("KeyRegistry",
            [
                new InvitationEvent.MemberInvited(Id, Ws, Role.Viewer, At.AddDays(7), At), new InvitationEvent.InvitedRoleChanged(Role.Member, At),
                new InvitationEvent.InvitationAccepted(Ws, At),
            ],
            [
                """invitation.created : null → {"role":"viewer","expires_at":"2026-11-30T12:00:00+00:00","closed_at":null}""",
                """invitation.role_changed : {"role":"viewer"} → {"role":"member"}""",
                """invitation.accepted : {"closed_at":null} → {"closed_at":"2026-11-23T12:00:00+00:00","user_id":"01900000-0000-7000-8000-000000000001"}""",
            ]),
        ("KeyRegistry",
            [new InvitationEvent.MemberInvited(Id, Ws, Role.Viewer, At.AddDays(7), At), new InvitationEvent.InvitationWithdrawn(At)],
            [
                """invitation.created : null → {"role":"viewer","expires_at":"2026-11-30T12:00:00+00:00","closed_at":null}""",
                """invitation.withdrawn : {"closed_at":null} → {"closed_at":"2026-11-23T12:00:00+00:00"}""",
            ]),
        ("KeyRegistry", [new SessionEvent.SessionsEnded(Id, [Ws, Id], At)], ["""person.sessions_ended : null → {"sessions":2}"""]),
        ("KeyRegistry",
            [
                new ProjectEvent.ProjectCreated(Id, Ws, "client-a", "Client A", "#112233", null, At), new ProjectEvent.ProjectDescribed("Client A", "#112233", "The first.", At),
                new ProjectEvent.ProjectArchived(At), new ProjectEvent.ProjectUnarchived(At),
            ],
            [
                """project.created Client A: null → {"name":"Client A","slug":"client-a","color":"#112233","description":null,"archived_at":null}""",
                """project.changed Client A: {"description":null} → {"description":"The first."}""",
                """project.archived Client A: {"archived_at":null} → {"archived_at":"2026-11-23T12:00:00+00:00"}""",
                """project.unarchived Client A: {"archived_at":"2026-11-23T12:00:00+00:00"} → {"archived_at":null}""",
            ]),
        ("KeyRegistry",
            [
                new ApiKeyEvent.KeyIssued(Id, Ws, null, "bot", ["call"], new(Hash, "ts_live_abcd", "wxyz"), null, "user:1", At), new ApiKeyEvent.KeyChanged("robot", At.AddDays(9), At),
                new ApiKeyEvent.KeyRotated(new(Hash.ToUpperInvariant(), "ts_live_efgh", "1234"), At.AddHours(24), At), new ApiKeyEvent.KeyRevoked(At),
            ],
            [
                """key.created bot: null → {"name":"bot","project_id":null,"scopes":["call"],"prefix":"ts_live_abcd","last4":"wxyz","expires_at":null,"revoked_at":null,"old_secret_valid_until":null}""",
                """key.changed robot: {"name":"bot","expires_at":null} → {"name":"robot","expires_at":"2026-12-02T12:00:00+00:00"}""",
                """key.rotated robot: {"prefix":"ts_live_abcd","last4":"wxyz","old_secret_valid_until":null} → {"prefix":"ts_live_efgh","last4":"1234","old_secret_valid_until":"2026-11-24T12:00:00+00:00"}""",
                """key.revoked robot: {"revoked_at":null} → {"revoked_at":"2026-11-23T12:00:00+00:00"}""",
            ]),
        ("KeyRegistry",
            [new CredentialEvent.TokenIssued(Id, Ws, "nightly", Role.Viewer, Hash, null, "user:1", At), new CredentialEvent.CredentialRevoked(At)],
            [
                """token.created nightly: null → {"name":"nightly","role":"viewer","expires_at":null,"revoked_at":null}""",
                """token.revoked nightly: {"revoked_at":null} → {"revoked_at":"2026-11-23T12:00:00+00:00"}""",
            ]),
        ("KeyRegistry",
            [new CredentialEvent.GatewayAdmitted(Id, "edge", [Ws], Hash, "user:1", At), new CredentialEvent.TokenReplaced(Hash.ToUpperInvariant(), At)],
            [
                """gateway.created edge: null → {"name":"edge","workspaces":["01900000-0000-7000-8000-000000000001"],"revoked_at":null}""",
                """token.replaced edge: {} → {}""",
            ]),
        ("KeyRegistry",
            [new SigningKeyEvent.SigningKeyPublished(Id, """{"kty":"EC"}""", At), new SigningKeyEvent.SigningKeyRetired(At.AddHours(1), At)],
            [
                """signing_key.published : null → {"not_after":null}""",
                """signing_key.retired : {"not_after":null} → {"not_after":"2026-11-23T13:00:00+00:00"}""",
            ]),
        ("KeyRegistry",
            [new PersonEvent.PersonRegistered(Id, At), new PersonEvent.PersonDescribed(1, At), new PersonEvent.PasswordSet(1, At), new PersonEvent.PersonErased(At)],
            [
                """person.registered : null → {"revision":0,"erased_at":null}""", """person.changed : {"revision":0} → {"revision":1}""", """person.password_set : {} → {}""",
                """person.erased : {"erased_at":null} → {"erased_at":"2026-11-23T12:00:00+00:00"}""",
            ]),
        ("Budgets",
            [
                new BudgetEvent.BudgetSet(Ws, "project", Id, 100.10m, "block", [80, 100], 1, At), new BudgetEvent.BudgetSet(Ws, "project", Id, 100.123456789012m, "block", [80, 100], 2, At),
                new BudgetEvent.BudgetRemoved(Ws, "project", Id, 3, At),
            ],
            [
                """budget.set : null → {"amount_usd":100.10,"mode":"block","thresholds":[80,100]}""",
                """budget.set : {"amount_usd":100.10} → {"amount_usd":100.123456789012}""",
                """budget.removed : {"amount_usd":100.123456789012,"mode":"block","thresholds":[80,100]} → null""",
            ]),
        ("Metering",
            [new KeptLineEvent.LineRetried(Line(), "rejected", "KEY_MISMATCH", At), new KeptLineEvent.LineRetried(Line("KEY_MISMATCH"), "accepted", null, At)],
            [
                """kept_line.retried req-1: {"code":"INVALID_LINE"} → {"code":"KEY_MISMATCH"}""",
                """kept_line.retried req-1: {"status":"kept","code":"KEY_MISMATCH"} → {"status":"accepted","code":null}""",
            ]),
        ("Metering", [new KeptLineEvent.LineDismissed(Line(), At)], ["""kept_line.dismissed req-1: {"status":"kept"} → {"status":"dismissed"}"""]),
        ("Metering",
            [
                new PricesEvent.PricesSet(Ws, Prices("""[{"id":"openai","models":[{"id":"a","prices":{"input_mtok":1.50}},{"id":"b","prices":{"input_mtok":2}}]}]"""), 1, At),
                new PricesEvent.PricesSet(Ws, Prices("""[{"id":"openai","models":[{"id":"b","prices":{"input_mtok":3}}]}]"""), 2, At), new PricesEvent.PricesSet(Ws, Prices("[]"), 3, At),
            ],
            [
                """prices.set : {} → {"openai/a":{"id":"a","prices":{"input_mtok":1.50}},"openai/b":{"id":"b","prices":{"input_mtok":2}}}""",
                """prices.set : {"openai/a":{"id":"a","prices":{"input_mtok":1.50}},"openai/b":{"id":"b","prices":{"input_mtok":2}}} → {"openai/b":{"id":"b","prices":{"input_mtok":3}}}""",
                """prices.set : {"openai/b":{"id":"b","prices":{"input_mtok":3}}} → {}""",
            ]),
        ("Notifier",
            [
                new ChannelEvent.ChannelCreated(Id, Ws, "webhook", Terms("Ops", true), false, At), new ChannelEvent.ChannelChanged(Terms("Ops", true), true, At),
                new ChannelEvent.ChannelSwitchedOff("410 Gone", At), new ChannelEvent.ChannelDeleted(At),
            ],
            [
                """channel.created Ops: null → {"type":"webhook","name":"Ops","enabled":true,"budgets":[{"scope":"project","id":"01900000-0000-7000-8000-000000000002"}],"thresholds":null,"kinds":null,"off_reason":null}""",
                """channel.changed Ops: {} → {"target_changed":true}""",
                """channel.switched_off Ops: {"enabled":true,"off_reason":null} → {"enabled":false,"off_reason":"410 Gone"}""",
                """channel.deleted Ops: {"type":"webhook","name":"Ops","enabled":false,"budgets":[{"scope":"project","id":"01900000-0000-7000-8000-000000000002"}],"thresholds":null,"kinds":null,"off_reason":"410 Gone"} → null""",
            ]),
        ("Notifier",
            [
                new AlertEvent.AlertRaised(Id, Ws, new(AlertKind.UnpricedModel, "model", null, "x"), [new(Ws, Id, null, "smtp")], At),
                new AlertEvent.AlertDelivered(Ws, Id, Ws, 1, At), new AlertEvent.RedeliveryAsked("user:1", At), new AlertEvent.AlertDismissed("user:1", At),
            ],
            [
                """alert.redelivery_asked unpriced_model: {"pending_deliveries":0} → {"pending_deliveries":1}""",
                """alert.dismissed unpriced_model: {"status":"open"} → {"status":"dismissed"}""",
            ]),
    ];

    public static readonly TheoryData<int> Numbers = [.. Enumerable.Range(0, Stories.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void A_change_says_what_changed_from_what_to_what(int story) => Tell(Stories[story]).ShouldBe(Stories[story].Told);

    [Fact]
    public void There_is_a_story_for_every_audited_type_of_event() =>
        Stories.SelectMany(s => s.Happened.Select(h => (s.Service, Type: h.GetType()))).Distinct()
            .SelectMany(h => CatalogSpecs.Of(h.Service) is var (catalog, stored) ? stored.Where(t => t.Value == h.Type && catalog.Types.Contains(t.Key)).Select(t => t.Key) : [])
            .Order().ShouldBe(CatalogSpecs.Services.SelectMany(s => CatalogSpecs.Of(s.Data).Catalog.Types).Order());

    [Fact]
    public void No_change_tells_a_hash() => Stories.SelectMany(Tell).ShouldAllBe(told => !told.Contains(Hash, StringComparison.OrdinalIgnoreCase));

    private static List<string> Tell((string Service, object[] Happened, string[] Told) story)
    {
        var (catalog, stored) = CatalogSpecs.Of(story.Service);
        string? TypeOf(object happened) => stored.Single(t => t.Value == happened.GetType()).Key;
        var stream = catalog[story.Happened.Select(TypeOf).First(t => catalog.Types.Contains(t!))!].Stream;
        var told = new List<string>();
        var state = stream.Begin(story.Happened[0]);
        foreach (var happened in story.Happened)
        {
            var after = stream.Evolve(state, happened);
            if (stream.Changes.SingleOrDefault(c => c.Type == TypeOf(happened)) is { } change)
            {
                var (subject, before, now) = stream.Tell(state, happened, after);
                told.Add($"{change.ActionIn(Ws)} {subject.Name}: {Text(before)} → {Text(now)}");
            }
            state = after;
        }
        return told;
    }

    private static string Text(System.Text.Json.Nodes.JsonObject? json) =>
        json?.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) ?? "null";

    private static JsonElement Prices(string json) => JsonSerializer.Deserialize<JsonElement>(json);

    private static KeptLineName Line(string code = "INVALID_LINE") => new(Id, "rejected", "edge", "req-1", code);

    private static ChannelTerms Terms(string name, bool enabled) => new(name, enabled, ImmutableArray.Create(new WatchedBudget("project", Id)), null, null);
}

using System.Collections.Immutable;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.KeyRegistry.Keys;
using Xunit;
using static TokenSense.KeyRegistry.Keys.ApiKeyEvent;
using Key = TokenSense.Specs.Keys.Story<TokenSense.KeyRegistry.Keys.ApiKey, TokenSense.KeyRegistry.Keys.ApiKeyEvent>;

namespace TokenSense.Specs.Keys;

public sealed class ApiKeySpecs
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Id = Guid.NewGuid();
    private static readonly Guid Workspace = Guid.NewGuid();
    private static readonly ImmutableArray<string> Call = ["call"];
    private static readonly SecretMark First = Mark("first");
    private static readonly SecretMark Second = Mark("second");
    private static readonly SecretMark Third = Mark("third");

    [Fact]
    public void A_key_is_issued_once() =>
        Key.Given()
            .When(k => ApiKey.Decide(new ApiKeyCommand.Issue(Id, Workspace, null, "ci", Call, First, null, "user:1", Noon), k))
            .Then(Issued());

    [Fact]
    public void Rotation_keeps_the_old_secret_alive_for_the_overlap() =>
        SecretsOf(Key.Given(Issued()).When(Rotate(Second, overlapHours: 24)).Then(Rotated(Second, 24)))
            .ShouldBe([new("second", null), new("first", Noon.AddHours(24))]);

    [Fact]
    public void Rotation_without_overlap_ends_the_old_secret_at_once_and_keeps_it_listed_for_its_late_usage() =>
        SecretsOf(Key.Given(Issued()).When(Rotate(Second, overlapHours: 0)).Then(Rotated(Second, 0))).ShouldBe([new("second", null), new("first", Noon)]);

    [Fact]
    public void A_second_rotation_never_lengthens_the_life_of_an_older_secret() =>
        SecretsOf(Key.Given(Issued(), Rotated(Second, 1)).When(Rotate(Third, overlapHours: 24)).Then(Rotated(Third, 24)))
            .ShouldBe([new("third", null), new("second", Noon.AddHours(24)), new("first", Noon.AddHours(1))]);

    [Fact]
    public void A_rotation_without_overlap_ends_every_older_secret() =>
        SecretsOf(Key.Given(Issued(), Rotated(Second, 24)).When(Rotate(Third, overlapHours: 0)).Then(Rotated(Third, 0)))
            .ShouldBe([new("third", null), new("second", Noon), new("first", Noon)]);

    [Fact]
    public void A_secret_that_ended_stays_listed_with_its_end_when_the_key_is_rotated_again() =>
        SecretsOf(Key.Given(Issued(), Rotated(Second, 1)).When(Rotate(Third, 24, at: Noon.AddHours(2))).Then(Rotated(Third, 24, Noon.AddHours(2))))
            .ShouldBe([new("third", null), new("second", Noon.AddHours(26)), new("first", Noon.AddHours(1))]);

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void A_secret_is_forgotten_with_the_first_rotation_after_90_days_when_none_of_its_usage_can_come_any_more(int secondsAfter, bool isListed)
    {
        var late = Noon.AddDays(90).AddSeconds(secondsAfter);
        SecretsOf(Key.Given(Issued(), Rotated(Second, 0)).When(Rotate(Third, 1, late)).Then(Rotated(Third, 1, late)))
            .ShouldBe([new("third", null), new("second", late.AddHours(1)), .. isListed ? [new ApiKeySecret("first", Noon)] : Array.Empty<ApiKeySecret>()]);
    }

    [Fact]
    public void Of_more_secrets_that_ended_the_newest_20_stay_listed() =>
        SecretsOf(Key.Given([Issued(), .. Enumerable.Range(1, 30).Select(n => Rotated(Mark($"{n}"), 0, Noon.AddMinutes(n)))]).State!)
            .Select(s => s.Sha256).ShouldBe(Enumerable.Range(10, 21).Reverse().Select(n => $"{n}"));

    [Fact]
    public void Secrets_that_still_open_the_key_stay_however_many_they_are() =>
        SecretsOf(Key.Given([Issued(), .. Enumerable.Range(1, 30).Select(n => Rotated(Mark($"{n}"), 24, Noon.AddMinutes(n)))]).State!).Count.ShouldBe(31);

    [Fact]
    public void A_revoked_key_gets_no_new_secret() =>
        Key.Given(Issued(), new KeyRevoked(Noon)).When(Rotate(Second, 24)).ThenNothing();

    [Fact]
    public void An_expired_key_gets_no_new_secret() =>
        Key.Given(Issued(expiresAt: Noon)).When(Rotate(Second, 24)).ThenNothing();

    [Fact]
    public void A_key_is_revoked_once() =>
        Key.Given(Issued()).When(k => ApiKey.Decide(new ApiKeyCommand.Revoke(Noon), k)).Then(new KeyRevoked(Noon));

    [Fact]
    public void A_revoked_key_is_not_changed() =>
        Key.Given(Issued(), new KeyRevoked(Noon)).When(Change("other", null)).ThenNothing();

    [Fact]
    public void A_changed_key_keeps_its_secret()
    {
        var key = Key.Given(Issued()).When(Change("other", Noon.AddDays(1))).Then(new KeyChanged("other", Noon.AddDays(1), Noon));
        SecretsOf(key).ShouldBe([new("first", null)]);
    }

    [Theory]
    [InlineData(-1, "active")]
    [InlineData(0, "expired")]
    public void A_key_expires_at_the_very_moment(int secondsAfter, string status) =>
        Key.Given(Issued(expiresAt: Noon)).State!.StatusAt(Noon.AddSeconds(secondsAfter)).ShouldBe(status);

    private static SecretMark Mark(string sha256) => new(sha256, "ts_live_abcd", "wxyz");

    private static KeyIssued Issued(DateTimeOffset? expiresAt = null) => new(Id, Workspace, null, "ci", Call, First, expiresAt, "user:1", Noon);

    private static KeyRotated Rotated(SecretMark secret, int overlapHours, DateTimeOffset? at = null) =>
        new(secret, (at ?? Noon).AddHours(overlapHours), at ?? Noon);

    private static Func<ApiKey?, IEnumerable<ApiKeyEvent>> Rotate(SecretMark secret, int overlapHours, DateTimeOffset? at = null) =>
        key => ApiKey.Decide(new ApiKeyCommand.Rotate(secret, (at ?? Noon).AddHours(overlapHours), at ?? Noon), key);

    private static Func<ApiKey?, IEnumerable<ApiKeyEvent>> Change(string name, DateTimeOffset? expiresAt) =>
        key => ApiKey.Decide(new ApiKeyCommand.Change(name, expiresAt, Noon), key);

    private static IReadOnlyList<ApiKeySecret> SecretsOf(ApiKey key) => ((ApiKeyChanged)key.Contract(1)).Secrets;
}

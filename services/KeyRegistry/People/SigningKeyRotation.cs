using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.People;

/// <summary><c>SigningKeys__…</c></summary>
/// <param name="Period">After which a key is followed by the next: <c>RotateDays</c>, 30.</param>
/// <param name="PublishFor">How long a new key is published before it signs: <c>PublishSeconds</c>, 300.</param>
public sealed record SigningKeySettings(TimeSpan Period, TimeSpan PublishFor)
{
    public static SigningKeySettings From(IConfiguration settings)
    {
        return new(TimeSpan.FromDays(Whole("RotateDays", 30, 1, 365)), TimeSpan.FromSeconds(Whole("PublishSeconds", 300, 1, 86_400)));

        int Whole(string name, int otherwise, int min, int max) =>
            settings[$"SigningKeys:{name}"] is not { Length: > 0 } given ? otherwise
            : int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number
            : throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"SigningKeys__{name} must be {min} to {max}."));
    }
}

/// <param name="SignsFrom">Until then the key before it signs.</param>
public sealed record SigningKeyView(Guid Id, DateTimeOffset CreatedAt, DateTimeOffset SignsFrom);

/// <summary>Follows each signing key by the next, in time: of several processes one does it and the others find it done.</summary>
public sealed class SigningKeyRotation(Changes changes, SigningKeySettings settings, TimeProvider clock, ILogger<SigningKeyRotation> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Has a new key made now, unless one is on its way.</summary>
    public static async Task<Accepted<SigningKeyView>> Rotate(
        HttpContext http, Changes changes, SigningKeySettings settings, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var change = await changes.Begin(http.Who().Actor, http.From(), ct);
        await Follow(change, settings, asked: true, now, ct);
        var newest = (await AccessTokens.Keys(change, ct)).MaxBy(key => key.SignsFrom)!;
        await change.Commit(ct);
        return TypedResults.Accepted((string?)null, new SigningKeyView(newest.Id, newest.CreatedAt, newest.SignsFrom));
    }

    /// <summary>The public halves as RFC 7517 has them: for those who verify access tokens without the bus.</summary>
    public static async Task<IResult> PublicKeys(Directory directory, TimeProvider clock, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var valid = (await directory.All<SigningKeyChanged>("signing-key", null, ct)).Where(key => key.NotAfter is null || key.NotAfter > now);
        return TypedResults.Text($$"""{"keys":[{{string.Join(',', valid.Select(key => key.Jwk))}}]}""", "application/jwk-set+json");
    }

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await using var change = await changes.Begin("system", from: "", ct);
                if (await Follow(change, settings, asked: false, clock.GetUtcNow(), ct)) await change.Commit(ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                log.LogWarning("Signing keys wait: {Reason}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    private static async Task<bool> Follow(Change change, SigningKeySettings settings, bool asked, DateTimeOffset now, CancellationToken ct)
    {
        var plan = SigningKeyPlan.Of(await AccessTokens.Keys(change, ct), settings.Period, settings.PublishFor, asked, now);
        if (plan.Make is { } signsFrom) await AccessTokens.Make(change, signsFrom, now, ct);
        foreach (var (id, notAfter) in plan.Retire) await AccessTokens.Retire(change, id, notAfter, now, ct);
        return !plan.IsEmpty;
    }
}

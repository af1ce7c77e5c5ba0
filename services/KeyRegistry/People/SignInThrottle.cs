namespace TokenSense.KeyRegistry.People;

/// <summary>At most ten failed sign-ins a minute for one e-mail from one address. A success takes its attempt back.</summary>
/// <remarks>Attempts are counted in a fixed number of places chosen by a hash with a secret seed, so that no flood of names fills the memory.</remarks>
public sealed class SignInThrottle(TimeProvider clock)
{
    private const int AttemptsMax = 10;
    private const int PlacesMax = 1 << 16;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly (DateTimeOffset Since, int Attempts)[] _places = new (DateTimeOffset, int)[PlacesMax];
    private readonly Lock _gate = new();

    /// <returns>Null: go on. Else how long to wait.</returns>
    public TimeSpan? Attempt(string email, string from)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            ref var place = ref PlaceOf(email, from);
            if (now - place.Since >= Window) place = (now, 0);
            if (place.Attempts >= AttemptsMax) return place.Since + Window - now;
            place.Attempts++;
            return null;
        }
    }

    public void Succeeded(string email, string from)
    {
        lock (_gate)
        {
            ref var place = ref PlaceOf(email, from);
            if (place.Attempts > 0) place.Attempts--;
        }
    }

    private ref (DateTimeOffset Since, int Attempts) PlaceOf(string email, string from) =>
        ref _places[(uint)HashCode.Combine(email, from) % PlacesMax];
}

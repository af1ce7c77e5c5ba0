namespace TokenSense.KeyRegistry.People;

/// <summary>So many attempts in a window for one pair of names.</summary>
/// <remarks>Attempts are counted in a fixed number of places chosen by a hash with a secret seed, so that no flood of names fills the memory.</remarks>
public class Throttle(TimeProvider clock, int attemptsMax, TimeSpan window)
{
    private const int PlacesMax = 1 << 16;

    private readonly (DateTimeOffset Since, int Attempts)[] _places = new (DateTimeOffset, int)[PlacesMax];
    private readonly Lock _gate = new();

    /// <returns>Null: go on. Else how long to wait.</returns>
    public TimeSpan? Attempt(string one, string other = "")
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            ref var place = ref PlaceOf(one, other);
            if (now - place.Since >= window) place = (now, 0);
            if (place.Attempts >= attemptsMax) return place.Since + window - now;
            place.Attempts++;
            return null;
        }
    }

    public void Succeeded(string one, string other = "")
    {
        lock (_gate)
        {
            ref var place = ref PlaceOf(one, other);
            if (place.Attempts > 0) place.Attempts--;
        }
    }

    private ref (DateTimeOffset Since, int Attempts) PlaceOf(string one, string other) =>
        ref _places[(uint)HashCode.Combine(one, other) % PlacesMax];
}

/// <summary>
/// Failed sign-ins: at most ten a minute for one e-mail from one address; 300 a minute from one address, whoever they name; and 1,000 in ten minutes
/// for one e-mail, wherever they come from. A success takes its attempt back.
/// </summary>
public sealed class SignInThrottle(TimeProvider clock)
{
    private readonly Throttle _both = new(clock, 10, TimeSpan.FromMinutes(1)), _address = new(clock, 300, TimeSpan.FromMinutes(1)), _email = new(clock, 1_000, TimeSpan.FromMinutes(10));

    /// <returns>Null: go on. Else how long to wait.</returns>
    public TimeSpan? Attempt(string email, string address) => _both.Attempt(email, address) ?? _address.Attempt(address) ?? _email.Attempt(email);

    public void Succeeded(string email, string address)
    {
        _both.Succeeded(email, address);
        _address.Succeeded(address);
        _email.Succeeded(email);
    }
}

/// <summary>At most 60 password resets in ten minutes are asked for from one network address.</summary>
public sealed class ResetThrottle(TimeProvider clock) : Throttle(clock, 60, TimeSpan.FromMinutes(10));

/// <summary>Mail goes to whom its sender names: at most five an hour of one kind to one address.</summary>
public sealed class MailThrottle(TimeProvider clock) : Throttle(clock, 5, TimeSpan.FromHours(1));

/// <summary>At most 30 invitations a minute in one workspace.</summary>
public sealed class InvitationThrottle(TimeProvider clock) : Throttle(clock, 30, TimeSpan.FromMinutes(1));

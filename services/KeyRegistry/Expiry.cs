using TokenSense.ServiceDefaults;

namespace TokenSense.KeyRegistry;

/// <summary>When a key or token ends by itself: null is never.</summary>
public static class Expiry
{
    public static DateTimeOffset? Of(Form form, DateTimeOffset now)
    {
        if (form.Time("expires_at") is not { } at) return null;
        if (at <= now) form.Error("expires_at", "must be in the future");
        return at;
    }
}

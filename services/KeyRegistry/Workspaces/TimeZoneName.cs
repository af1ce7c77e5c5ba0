using System.Text.RegularExpressions;
using TokenSense.ServiceDefaults;

namespace TokenSense.KeyRegistry.Workspaces;

/// <summary>IANA names, as every service's system must know them.</summary>
public static partial class TimeZoneName
{
    /// <summary>The given zone; null where none was given or it is unknown.</summary>
    public static string? Of(Form form)
    {
        if (form.Text("time_zone", 64) is not { } name) return null;
        if (IsIana(name)) return name;
        form.Error("time_zone", "must be an IANA time zone, such as Europe/Berlin or UTC");
        return null;
    }

    // A system's zone folder also holds files that are not names, or not the same everywhere.
    private static bool IsIana(string name) =>
        Pattern().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId && zone.Id == name;

    [GeneratedRegex("^(?!right/|posix|localtime$|Factory$)[A-Z][A-Za-z0-9_+-]*(/[A-Z][A-Za-z0-9_+-]*){0,2}$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}

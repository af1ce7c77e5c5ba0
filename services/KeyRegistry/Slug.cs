using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using TokenSense.ServiceDefaults;

namespace TokenSense.KeyRegistry;

/// <summary>Names in addresses: 1 to 50 lower-case letters, digits and single hyphens.</summary>
public static partial class Slug
{
    private const int LengthMax = 50;
    private const int EndLength = 6;

    // None that is easily taken for another.
    private const string EndLetters = "abcdefghjkmnpqrstuvwxyz23456789";

    // Without ICU's data (InvariantGlobalization) .NET cannot take accents off letters.
    private static readonly (string Letters, string Plain)[] Latin =
    [
        ("àáâãäåāăą", "a"), ("æ", "ae"), ("çćč", "c"), ("ďđð", "d"), ("èéêëēėęě", "e"), ("ğģ", "g"), ("ìíîïīįı", "i"),
        ("ķ", "k"), ("ĺļľł", "l"), ("ñńņň", "n"), ("òóôõöøōő", "o"), ("œ", "oe"), ("ŕř", "r"), ("śşšș", "s"), ("ß", "ss"),
        ("ţťț", "t"), ("þ", "th"), ("ùúûüūůűų", "u"), ("ýÿ", "y"), ("źżž", "z"),
    ];

    /// <summary>The given one, checked; null where none was given or it is wrong.</summary>
    public static string? Of(Form form)
    {
        if (form.Text("slug", LengthMax) is not { } slug) return null;
        if (IsValid(slug)) return slug;
        form.Error("slug", "must be lower-case letters, digits and single hyphens between them, and not look like an id");
        return null;
    }

    /// <summary>Made from a name, with a number where it is taken.</summary>
    public static string From(string name, string otherwise)
    {
        var plain = string.Concat(name.ToLowerInvariant().Select(c => Latin.FirstOrDefault(l => l.Letters.Contains(c)).Plain ?? c.ToString()));
        var slug = NotAllowed().Replace(plain, "-").Trim('-');
        // Room for the number or the random end.
        if (slug.Length > LengthMax - 8) slug = slug[..(LengthMax - 8)].Trim('-');
        return IsValid(slug) ? slug : otherwise;
    }

    public static string Free(string slug, IReadOnlySet<string> taken)
    {
        for (var number = 1; ; number++)
        {
            var tried = number == 1 ? slug : string.Create(CultureInfo.InvariantCulture, $"{slug}-{number}");
            if (!taken.Contains(tried)) return tried;
        }
    }

    /// <summary>With a random end, whether or not it is taken: nobody learns from it who else has the name.</summary>
    public static string Unguessable(string slug, IReadOnlySet<string> taken)
    {
        while (true)
        {
            var tried = $"{slug}-{RandomNumberGenerator.GetString(EndLetters, EndLength)}";
            if (!taken.Contains(tried)) return tried;
        }
    }

    // Routes take an id or a slug: one that reads as an id would never be found, and reports call "unassigned" what is no project's.
    private static bool IsValid(string slug) => Allowed().IsMatch(slug) && !Guid.TryParse(slug, out _) && slug != "unassigned";

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex Allowed();

    [GeneratedRegex("[^a-z0-9]+", RegexOptions.CultureInvariant)]
    private static partial Regex NotAllowed();
}

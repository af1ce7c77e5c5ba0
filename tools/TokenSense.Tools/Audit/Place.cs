using System.Globalization;

namespace TokenSense.Tools.Audit;

/// <summary>One scope in one month, the unit in which money is compared.</summary>
/// <param name="Scope"><c>workspace</c>, <c>project</c> or <c>key</c>.</param>
public readonly record struct Place(string Period, string Scope, Guid ScopeId)
{
    public const string Workspace = "workspace";
    public const string Project = "project";
    public const string Key = "key";

    private const string Prefix = "spend-";

    /// <summary>The scope whose stream <c>spend-{scope}-{id}-{yyyy-MM}</c> is.</summary>
    public static Place? OfStream(string stream)
    {
        var parts = stream.StartsWith(Prefix, StringComparison.Ordinal) ? stream[Prefix.Length..].Split('-', 2) : [];
        return parts is [Workspace or Project, { Length: 44 } rest] && Guid.TryParse(rest[..36], CultureInfo.InvariantCulture, out var id) && rest[36] == '-'
            ? new Place(rest[37..], parts[0], id)
            : null;
    }

    public override string ToString() => $"{Period} {Scope} {ScopeId}";
}

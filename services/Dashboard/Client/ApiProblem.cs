using System.Net;

namespace TokenSense.Dashboard.Client;

/// <summary>What the management API refused, in its own words.</summary>
/// <param name="code">Stable, as in the guide.</param>
/// <param name="errors">By field; empty unless the input was wrong.</param>
public sealed class ApiProblem(HttpStatusCode status, string code, string detail, IReadOnlyDictionary<string, string[]> errors) : Exception(detail)
{
    public HttpStatusCode Status => status;
    public string Code => code;
    public IReadOnlyDictionary<string, string[]> Errors => errors;

    /// <summary>For people: what is wrong, fields included.</summary>
    public string Words => errors.Count == 0 ? Message : string.Join(" ", errors.Select(e => $"{Named(e.Key)} {string.Join(", ", e.Value)}."));

    private static string Named(string field) =>
        field.Length == 0 ? "The request" : char.ToUpperInvariant(field[0]) + field[1..].Replace('_', ' ').Replace(" usd", " (USD)", StringComparison.Ordinal);
}

using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>What is wrong with a form: under its field where it has one, above the buttons otherwise.</summary>
public sealed class FieldErrors
{
    public static readonly FieldErrors None = new(new Dictionary<string, string>(), null);

    private readonly IReadOnlyDictionary<string, string> _fields;

    private FieldErrors(IReadOnlyDictionary<string, string> fields, string? problem) => (_fields, Problem) = (fields, problem);

    /// <summary>What belongs to no field of the form.</summary>
    public string? Problem { get; }

    public bool Any => _fields.Count > 0 || Problem is not null;

    public bool Has(string field) => _fields.ContainsKey(field);

    public string Of(string field) => _fields.GetValueOrDefault(field, "");

    /// <param name="fields">What is wrong by field; empty: nothing.</param>
    public static FieldErrors Of(IReadOnlyDictionary<string, string> fields) => new(fields, null);

    /// <param name="refused">By the API.</param>
    /// <param name="shown">The form's fields, as the API names them.</param>
    public static FieldErrors Of(ApiProblem refused, IReadOnlyCollection<string> shown)
    {
        if (refused.Errors.Count == 0) return new(new Dictionary<string, string>(), refused.Message);
        var elsewhere = refused.Errors.Where(e => !shown.Contains(e.Key)).ToDictionary(e => e.Key, e => e.Value);
        return new(
            refused.Errors.Where(e => shown.Contains(e.Key)).ToDictionary(e => e.Key, e => Sentence(string.Join(", ", e.Value))),
            elsewhere.Count == 0 ? null : new ApiProblem(refused.Status, refused.Code, refused.Message, elsewhere).Words);
    }

    private static string Sentence(string words) => words.Length == 0 ? "" : char.ToUpperInvariant(words[0]) + words[1..];
}

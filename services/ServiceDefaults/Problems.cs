using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace TokenSense.ServiceDefaults;

/// <summary>RFC 9457 answers of the management API: a stable <c>code</c>, and <c>errors</c> by field, all at once.</summary>
/// <remarks>The <c>type</c> is where the console's guide explains the code, relative to the console's address.</remarks>
public static class Problems
{
    public static ProblemHttpResult Of(int status, string code, string detail) => Of(status, code, detail, null);

    public static ProblemHttpResult Invalid(IReadOnlyDictionary<string, string[]> errors) =>
        Of(StatusCodes.Status400BadRequest, "INVALID_REQUEST", "The request is not valid; see errors.", errors);

    /// <summary>"Not there" and "not yours" are the same answer.</summary>
    public static ProblemHttpResult NotFound() => Of(StatusCodes.Status404NotFound, "NOT_FOUND", "There is nothing here by this name.");

    private static ProblemHttpResult Of(int status, string code, string detail, IReadOnlyDictionary<string, string[]>? errors)
    {
        var members = new Dictionary<string, object?> { ["code"] = code };
        if (errors is not null) members["errors"] = errors;
        return TypedResults.Problem(detail, statusCode: status, type: $"/docs/errors#{code.ToLowerInvariant()}", extensions: members);
    }
}

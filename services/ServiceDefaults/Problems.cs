using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace TokenSense.ServiceDefaults;

/// <summary>RFC 9457 answers of the management API: a stable <c>code</c>, and <c>errors</c> by field, all at once.</summary>
public static class Problems
{
    public static ProblemHttpResult Of(int status, string code, string detail) =>
        TypedResults.Problem(detail, statusCode: status, extensions: new Dictionary<string, object?> { ["code"] = code });

    public static ProblemHttpResult Invalid(IReadOnlyDictionary<string, string[]> errors) =>
        TypedResults.Problem("The request is not valid; see errors.", statusCode: StatusCodes.Status400BadRequest,
            extensions: new Dictionary<string, object?> { ["code"] = "INVALID_REQUEST", ["errors"] = errors });

    /// <summary>"Not there" and "not yours" are the same answer.</summary>
    public static ProblemHttpResult NotFound() => Of(StatusCodes.Status404NotFound, "NOT_FOUND", "There is nothing here by this name.");
}

using TokenSense.ServiceDefaults.Access;

namespace TokenSense.EndToEnd.Access;

/// <summary>Somebody who can sign in, and the session in which they are.</summary>
internal sealed record Account(Guid Id, Guid Session, string Email);

internal enum Standing { Nobody, Person, Operator, Automation, Gateway, Key }

/// <summary>Somebody who calls, and all that the access table may ask of them.</summary>
/// <param name="Name">Reads well in "as …".</param>
/// <param name="Authorization">The header that they send; null: none.</param>
/// <param name="Role">In the scene's workspace; null: none.</param>
/// <param name="MayReport">Of an API key: whether it has the scope.</param>
/// <param name="Account">A person's.</param>
internal sealed record Actor(string Name, string? Authorization, Standing Standing, Role? Role = null, bool MayReport = false, Account? Account = null)
{
    /// <summary>What the table says that they get: null where they are let in.</summary>
    public (int Status, string Code)? Refusal(AccessRule rule) => (rule.Need, Standing) switch
    {
        (AccessNeed.Anyone, _) => null,
        (_, Standing.Nobody) => (401, "UNAUTHENTICATED"),
        (AccessNeed.InWorkspace, _) => Role is null ? (404, "NOT_FOUND") : Role < rule.Role ? (403, "FORBIDDEN") : null,
        (AccessNeed.Person, Standing.Person or Standing.Operator) => null,
        (AccessNeed.Operator, Standing.Operator) => null,
        (AccessNeed.Gateway or AccessNeed.Reporter, Standing.Gateway) => null,
        (AccessNeed.Reporter, Standing.Key) when MayReport => null,
        (AccessNeed.Person or AccessNeed.Operator or AccessNeed.Gateway or AccessNeed.Reporter, _) => (403, "FORBIDDEN"),
        _ => throw new InvalidOperationException($"Who may call what needs {rule.Need}?"),
    };
}

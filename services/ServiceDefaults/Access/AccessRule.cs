namespace TokenSense.ServiceDefaults.Access;

/// <summary>What one endpoint asks of its caller.</summary>
/// <param name="Method">HTTP's.</param>
/// <param name="Path">Below <see cref="AccessTable.Root"/>, with its parameters in braces.</param>
/// <param name="Need">Which kind of caller.</param>
/// <param name="Role">The least role; for <see cref="AccessNeed.InWorkspace"/> alone.</param>
public sealed record AccessRule(string Method, string Path, AccessNeed Need, Role? Role = null)
{
    public static AccessRule Anyone(string method, string path) => new(method, path, AccessNeed.Anyone);
    public static AccessRule Person(string method, string path) => new(method, path, AccessNeed.Person);
    public static AccessRule Operator(string method, string path) => new(method, path, AccessNeed.Operator);
    public static AccessRule Gateway(string method, string path) => new(method, path, AccessNeed.Gateway);
    public static AccessRule Reporter(string method, string path) => new(method, path, AccessNeed.Reporter);
    public static AccessRule InWorkspace(string method, string path, Role role) => new(method, path, AccessNeed.InWorkspace, role);
}

public enum AccessNeed
{
    /// <summary>Nobody is asked who they are: what the request holds must open it (a password, a one-time token).</summary>
    Anyone,

    /// <summary>A signed-in person.</summary>
    Person,

    /// <summary>The person who runs the installation.</summary>
    Operator,

    /// <summary>A person or an automation token with a role in the workspace that the path names; for others it is not there.</summary>
    InWorkspace,

    /// <summary>A gateway's token.</summary>
    Gateway,

    /// <summary>A gateway's token, or an API key with scope <c>report</c>.</summary>
    Reporter,
}

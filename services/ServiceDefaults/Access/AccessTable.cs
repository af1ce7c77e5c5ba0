using static TokenSense.ServiceDefaults.Access.AccessRule;

namespace TokenSense.ServiceDefaults.Access;

/// <summary>Who may call what: every endpoint of the management API, in one place (product decision 17). Tests read it too.</summary>
/// <remarks>A service that maps an endpoint this table does not know does not start (<see cref="AccessGuard"/>).</remarks>
public static class AccessTable
{
    /// <summary>Where the management API lies.</summary>
    public const string Root = "/api/v1";

    public static readonly IReadOnlyList<AccessRule> Rules =
    [
        // Signing in
        Anyone("POST", "/auth/token"),
        Anyone("POST", "/auth/invitations/look"),
        Anyone("POST", "/auth/invitations/accept"),
        Anyone("POST", "/auth/password/reset"),
        Anyone("POST", "/auth/password/reset/confirm"),

        // Being signed in
        Person("POST", "/auth/password"),
        Person("POST", "/auth/sign-out"),
        Person("GET", "/auth/me"),
        Person("PATCH", "/auth/me"),
        Person("DELETE", "/auth/me"),
        Person("GET", "/auth/sessions"),
        Person("DELETE", "/auth/sessions/{id}"),

        // People and signing keys of the installation
        Operator("GET", "/people"),
        Operator("DELETE", "/people/{id}"),
        Operator("POST", "/auth/signing-keys/rotate"),

        // Workspaces
        Person("GET", "/workspaces"),
        Person("POST", "/workspaces"),
        InWorkspace("GET", "/workspaces/{ws}", Role.Viewer),
        InWorkspace("PATCH", "/workspaces/{ws}", Role.Admin),
        InWorkspace("DELETE", "/workspaces/{ws}", Role.Owner),

        // Members: everyone may leave, and nobody changes whoever may do more than they, which the handler looks at
        InWorkspace("GET", "/workspaces/{ws}/members", Role.Viewer),
        InWorkspace("POST", "/workspaces/{ws}/members", Role.Admin),
        InWorkspace("GET", "/workspaces/{ws}/members/{id}", Role.Viewer),
        InWorkspace("PATCH", "/workspaces/{ws}/members/{id}", Role.Admin),
        InWorkspace("DELETE", "/workspaces/{ws}/members/{id}", Role.Viewer),

        // Projects
        InWorkspace("GET", "/workspaces/{ws}/projects", Role.Viewer),
        InWorkspace("POST", "/workspaces/{ws}/projects", Role.Admin),
        InWorkspace("GET", "/workspaces/{ws}/projects/{project}", Role.Viewer),
        InWorkspace("PATCH", "/workspaces/{ws}/projects/{project}", Role.Admin),
        InWorkspace("POST", "/workspaces/{ws}/projects/{project}/archive", Role.Admin),
        InWorkspace("POST", "/workspaces/{ws}/projects/{project}/unarchive", Role.Admin),

        // API keys: members change their own, which the handler looks at
        InWorkspace("GET", "/workspaces/{ws}/keys", Role.Viewer),
        InWorkspace("POST", "/workspaces/{ws}/keys", Role.Member),
        InWorkspace("GET", "/workspaces/{ws}/keys/{id}", Role.Viewer),
        InWorkspace("PATCH", "/workspaces/{ws}/keys/{id}", Role.Member),
        InWorkspace("POST", "/workspaces/{ws}/keys/{id}/rotate", Role.Member),
        InWorkspace("DELETE", "/workspaces/{ws}/keys/{id}", Role.Member),

        // Automation tokens
        InWorkspace("GET", "/workspaces/{ws}/tokens", Role.Viewer),
        InWorkspace("POST", "/workspaces/{ws}/tokens", Role.Admin),
        InWorkspace("DELETE", "/workspaces/{ws}/tokens/{id}", Role.Admin),

        // Budgets and spend
        InWorkspace("GET", "/workspaces/{ws}/budget", Role.Viewer),
        InWorkspace("PUT", "/workspaces/{ws}/budget", Role.Admin),
        InWorkspace("DELETE", "/workspaces/{ws}/budget", Role.Admin),
        InWorkspace("GET", "/workspaces/{ws}/projects/{project}/budget", Role.Viewer),
        InWorkspace("PUT", "/workspaces/{ws}/projects/{project}/budget", Role.Admin),
        InWorkspace("DELETE", "/workspaces/{ws}/projects/{project}/budget", Role.Admin),
        InWorkspace("GET", "/workspaces/{ws}/keys/{key}/budget", Role.Viewer),
        InWorkspace("PUT", "/workspaces/{ws}/keys/{key}/budget", Role.Admin),
        InWorkspace("DELETE", "/workspaces/{ws}/keys/{key}/budget", Role.Admin),
        InWorkspace("GET", "/workspaces/{ws}/spend", Role.Viewer),

        // Usage, prices, export
        Reporter("POST", "/usage"),
        InWorkspace("GET", "/workspaces/{ws}/usage", Role.Viewer),
        InWorkspace("GET", "/workspaces/{ws}/usage/{source}/{id}", Role.Viewer),
        InWorkspace("GET", "/workspaces/{ws}/conflicts", Role.Viewer),
        InWorkspace("POST", "/workspaces/{ws}/conflicts/{id}/retry", Role.Admin),
        InWorkspace("POST", "/workspaces/{ws}/conflicts/{id}/dismiss", Role.Admin),
        InWorkspace("GET", "/workspaces/{ws}/rejected", Role.Viewer),
        InWorkspace("POST", "/workspaces/{ws}/rejected/{id}/retry", Role.Admin),
        InWorkspace("POST", "/workspaces/{ws}/rejected/{id}/dismiss", Role.Admin),
        InWorkspace("GET", "/workspaces/{ws}/export", Role.Viewer),
        Person("GET", "/prices"),
        InWorkspace("GET", "/workspaces/{ws}/prices", Role.Viewer),
        InWorkspace("PUT", "/workspaces/{ws}/prices", Role.Admin),

        // Alerts and channels
        InWorkspace("GET", "/workspaces/{ws}/alerts", Role.Viewer),
        InWorkspace("GET", "/workspaces/{ws}/alerts/stream", Role.Viewer),
        InWorkspace("GET", "/workspaces/{ws}/alerts/{id}", Role.Viewer),
        InWorkspace("POST", "/workspaces/{ws}/alerts/{id}/dismiss", Role.Admin),
        InWorkspace("POST", "/workspaces/{ws}/alerts/{id}/redeliver", Role.Admin),
        InWorkspace("GET", "/workspaces/{ws}/channels", Role.Viewer),
        InWorkspace("POST", "/workspaces/{ws}/channels", Role.Admin),
        InWorkspace("GET", "/workspaces/{ws}/channels/{id}", Role.Viewer),
        InWorkspace("PATCH", "/workspaces/{ws}/channels/{id}", Role.Admin),
        InWorkspace("DELETE", "/workspaces/{ws}/channels/{id}", Role.Admin),
        InWorkspace("POST", "/workspaces/{ws}/channels/{id}/test", Role.Admin),

        // The audit log: it holds network addresses
        InWorkspace("GET", "/workspaces/{ws}/audit", Role.Member),
        InWorkspace("GET", "/workspaces/{ws}/audit/people", Role.Member),
        Operator("GET", "/audit"),
        Operator("GET", "/audit/people"),

        // Gateways
        Operator("GET", "/gateways"),
        Operator("POST", "/gateways"),
        Operator("POST", "/gateways/{id}/rotate"),
        Operator("DELETE", "/gateways/{id}"),
        Gateway("GET", "/enforcement/snapshot"),
    ];

    private static readonly Dictionary<(string Method, string Path), AccessRule> ByAddress = Rules.ToDictionary(r => (r.Method, r.Path));

    /// <summary>The rule for a route as it is mapped: constraints in it (<c>{id:guid}</c>) and a closing slash count for nothing.</summary>
    /// <returns>Null: the table does not know it.</returns>
    public static AccessRule? Find(string method, string route) =>
        ByAddress.GetValueOrDefault((method, PathOf(route)));

    private static string PathOf(string route)
    {
        var path = route.StartsWith(Root, StringComparison.Ordinal) ? route[Root.Length..] : route;
        return string.Join('/', path.TrimEnd('/').Split('/').Select(part => part.StartsWith('{') && part.IndexOf(':') is var at and > 0 ? part[..at] + '}' : part));
    }
}

namespace TokenSense.EndToEnd.Pages;

/// <summary>Every page of the console, in one place: whatever must hold on all of them is tried on these.</summary>
public static class Addresses
{
    /// <summary>Those that anybody may open.</summary>
    public static readonly IReadOnlyList<(string Name, string Path)> Entrance =
    [
        ("sign-in", "/sign-in"), ("reset", "/reset"), ("invitation", "/invitation"), ("password-reset", "/password-reset"), ("not-found", "/nowhere"),
    ];

    /// <param name="alert">Id of one.</param>
    /// <param name="usage">Source and id of one.</param>
    public static IReadOnlyList<(string Name, string Path)> Of(string slug, Guid alert, string usage) =>
    [
        ("home", $"/w/{slug}"),
        ("usage", $"/w/{slug}/usage"),
        ("usage-project", $"/w/{slug}/usage?by=project"),
        ("usage-key", $"/w/{slug}/usage?by=key"),
        ("usage-model", $"/w/{slug}/usage?by=model"),
        ("usage-calls", $"/w/{slug}/usage?view=calls"),
        ("usage-kept", $"/w/{slug}/usage?view=kept"),
        ("usage-one", $"/w/{slug}/usage/{usage}"),
        ("alerts", $"/w/{slug}/alerts"),
        ("alert", $"/w/{slug}/alerts/{alert}"),
        ("export", $"/w/{slug}/export"),
        ("projects", $"/w/{slug}/settings/projects"),
        ("keys", $"/w/{slug}/settings/keys"),
        ("general", $"/w/{slug}/settings/general"),
        ("members", $"/w/{slug}/settings/members"),
        ("channels", $"/w/{slug}/settings/channels"),
        ("prices", $"/w/{slug}/settings/prices"),
        ("audit", $"/w/{slug}/audit"),
        ("workspaces", "/workspaces"),
        ("account", "/account"),
        ("gateways", "/gateways"),
        ("no-such-workspace", "/w/somebody-elses"),
    ];
}

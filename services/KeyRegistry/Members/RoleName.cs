using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Members;

/// <summary>Roles as the API and the contracts write them.</summary>
public static class RoleName
{
    public static string Of(Role role) => role.ToString().ToLowerInvariant();

    /// <summary>The role given in a form; null where it is missing or wrong.</summary>
    public static Role? Of(Form form)
    {
        if (form.Text("role", 16, required: true) is not { } name) return null;
        foreach (var role in Enum.GetValues<Role>())
            if (name == Of(role)) return role;
        form.Error("role", "must be owner, admin, member or viewer");
        return null;
    }
}

using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Members;

public enum MemberRefusal
{
    /// <summary>Their own role does not reach so far.</summary>
    Forbidden,

    /// <summary>A workspace always keeps one owner.</summary>
    LastOwner,
}

/// <summary>Who may give, change and take roles (product decision 17).</summary>
public static class MemberRules
{
    /// <param name="actor">The role of whoever asks.</param>
    /// <param name="isSelf">They ask for themselves.</param>
    /// <param name="target">The role that there is.</param>
    /// <param name="next">The one that there shall be; null: none.</param>
    /// <param name="owners">How many the workspace has.</param>
    /// <returns>Null: they may.</returns>
    public static MemberRefusal? MayChange(Role actor, bool isSelf, Role target, Role? next, int owners)
    {
        var leaves = isSelf && next is null;
        if (!leaves && (actor < Role.Admin || target > actor || next > actor)) return MemberRefusal.Forbidden;
        return target == Role.Owner && next != Role.Owner && owners <= 1 ? MemberRefusal.LastOwner : null;
    }
}

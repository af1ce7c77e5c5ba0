using TokenSense.Contracts;

namespace TokenSense.ServiceDefaults.Access;

/// <summary>What a person or an automation token may do; each includes the ones before it.</summary>
public enum Role { Viewer = 1, Member, Admin, Owner }

/// <summary>Who asks.</summary>
public abstract record Caller(Guid Id, string Name)
{
    /// <param name="SessionId">In which they are signed in.</param>
    public sealed record Person(Guid Id, string Name, bool IsOperator, Guid SessionId) : Caller(Id, Name);
    public sealed record Automation(Guid Id, string Name, Guid WorkspaceId, Role Role) : Caller(Id, Name);
    public sealed record Gateway(Guid Id, string Name, IReadOnlyList<Guid>? Workspaces) : Caller(Id, Name);
    public sealed record Key(ApiKeyChanged ApiKey) : Caller(ApiKey.KeyId, ApiKey.Name);

    /// <summary>How events and audit rows name the caller.</summary>
    public string Actor => this switch
    {
        Person => $"user:{Id}",
        Automation => $"token:{Id}",
        Gateway => $"gateway:{Id}",
        Key => $"key:{Id}",
        _ => throw new InvalidOperationException($"{GetType().Name} has no actor name."),
    };
}

/// <summary>A caller who was let in, where, and from which address.</summary>
public sealed record Access(Caller Caller, WorkspaceChanged Workspace, Role Role, string From)
{
    public static ValueTask<Access> BindAsync(Microsoft.AspNetCore.Http.HttpContext http) =>
        ValueTask.FromResult((Access)(http.Items[typeof(Access)] ?? throw new InvalidOperationException("The endpoint does not say which role it needs.")));
}

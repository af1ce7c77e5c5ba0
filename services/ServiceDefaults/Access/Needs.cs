using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace TokenSense.ServiceDefaults.Access;

/// <summary>What an endpoint asks of its caller. Every management endpoint carries one.</summary>
public sealed record Need(Role? InWorkspace, bool Operator, bool SignedIn);

public static class AccessEndpoints
{
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Directory>();
        builder.Services.AddSingleton<Calendars>();
        builder.Services.AddSingleton<Authentication>();
    }

    /// <summary>For <c>{ws}</c> routes: the caller has at least this role there. The handler may take an <see cref="Access"/>.</summary>
    public static RouteHandlerBuilder Needs(this RouteHandlerBuilder endpoint, Role role) =>
        endpoint.WithMetadata(new Need(role, false, true)).AskFirst(http => Enter(http, role));

    /// <summary>For the installation's operator (product decision 17), or any signed-in person. The handler may take a <see cref="Caller.Person"/> from <see cref="Who"/>.</summary>
    public static RouteHandlerBuilder NeedsPerson(this RouteHandlerBuilder endpoint, bool isOperator = false) =>
        endpoint.WithMetadata(new Need(null, isOperator, true)).AskFirst(http => Enter(http, isOperator));

    public static Caller.Person Who(this HttpContext http) => (Caller.Person)http.Items[typeof(Caller)]!;

    public static string From(this HttpContext http) => http.Connection.RemoteIpAddress?.ToString() ?? "";

    public static IResult Unauthenticated(HttpContext http)
    {
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.Of(StatusCodes.Status401Unauthorized, "UNAUTHENTICATED", "A valid bearer token is required.");
    }

    public static IResult Forbidden() => Problems.Of(StatusCodes.Status403Forbidden, "FORBIDDEN", "Your role does not allow this.");

    // Around the whole endpoint, not as a filter: a filter runs only after the handler's parameters were bound, so the body
    // of somebody unknown would be read and an Access would be asked for before there is one.
    private static RouteHandlerBuilder AskFirst(this RouteHandlerBuilder endpoint, Func<HttpContext, Task<IResult?>> enter)
    {
        endpoint.Add(built =>
        {
            var handle = built.RequestDelegate!;
            built.RequestDelegate = async http => await (await enter(http) is { } refusal ? refusal.ExecuteAsync(http) : handle(http));
        });
        return endpoint;
    }

    private static async Task<IResult?> Enter(HttpContext http, bool isOperator)
    {
        var caller = await http.RequestServices.GetRequiredService<Authentication>().Identify(http);
        if (caller is null) return Unauthenticated(http);
        if (caller is not Caller.Person person || (isOperator && !person.IsOperator)) return Forbidden();
        http.Items[typeof(Caller)] = person;
        return null;
    }

    private static async Task<IResult?> Enter(HttpContext http, Role needed)
    {
        var ct = http.RequestAborted;
        var services = http.RequestServices;
        var authentication = services.GetRequiredService<Authentication>();
        var directory = services.GetRequiredService<Directory>();
        var caller = await authentication.Identify(http);
        if (caller is null) return Unauthenticated(http);
        var name = (string)http.GetRouteValue("ws")!;
        // One look answers both questions, so that "not there" and "not yours" take the same path and time.
        var entered = await authentication.OnceArrived(async () =>
            await directory.Workspace(name, ct) is { } workspace && await RoleIn(directory, caller, workspace.WorkspaceId, ct) is { } role
                ? new Access(caller, workspace, role, http.From())
                : null, ct);
        if (entered is null) return Problems.NotFound();
        if (entered.Role < needed) return Forbidden();
        http.Items[typeof(Access)] = entered;
        return null;
    }

    private static async Task<Role?> RoleIn(Directory directory, Caller caller, Guid workspaceId, CancellationToken ct) => caller switch
    {
        Caller.Person p when Enum.TryParse<Role>(await directory.RoleOf(workspaceId, p.Id, ct), ignoreCase: true, out var role) => role,
        Caller.Automation a when a.WorkspaceId == workspaceId => a.Role,
        _ => null,
    };
}

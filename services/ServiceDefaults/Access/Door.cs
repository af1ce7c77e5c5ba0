using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace TokenSense.ServiceDefaults.Access;

/// <summary>Lets callers in to the management API, by the rules of <see cref="AccessTable"/>.</summary>
public static class Door
{
    public static void AddAccess(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Directory>();
        builder.Services.AddSingleton<Calendars>();
        builder.Services.AddSingleton<Authentication>();
        builder.Services.AddSingleton<RepeatedWrites>();
        builder.Services.AddHostedService<AccessGuard>();
    }

    /// <summary>The group of all endpoints of the management API: each asks its caller what the table says before anything else.</summary>
    /// <remarks>Behind it a handler may take an <see cref="Access"/> where the rule is of a workspace, and else look at <see cref="Who"/>.</remarks>
    public static RouteGroupBuilder MapApi(this WebApplication routes)
    {
        // What no endpoint answered (an unknown path, another method) is told in the same form as everything else.
        routes.UseStatusCodePages(page => page.HttpContext.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => Problems.NotFound().ExecuteAsync(page.HttpContext),
            var status => Problems.Of(status, "INVALID_REQUEST", "The request cannot be handled here.").ExecuteAsync(page.HttpContext),
        });
        var api = routes.MapGroup(AccessTable.Root).ProducesProblem(400).ProducesProblem(401);
        ((IEndpointConventionBuilder)api).Add(AskFirst);
        // The workspace in the path is read at the door, before the handler's own parameters.
        return api.AddOpenApiOperationTransformer((operation, context, _) =>
        {
            if (context.Description.ActionDescriptor.EndpointMetadata.OfType<AccessRule>().SingleOrDefault() is { } rule && MayRepeat(rule))
            {
                operation.Parameters ??= [];
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = RepeatedWrites.Header, In = ParameterLocation.Header, Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = RepeatedWrites.NameLengthMax },
                    Description = "The same request again within 24 hours gets the same answer, and is done once.",
                });
            }
            if (context.Description.RelativePath?.Contains("{ws}", StringComparison.Ordinal) is not true) return Task.CompletedTask;
            operation.Parameters ??= [];
            operation.Parameters.Insert(0, new OpenApiParameter
            {
                Name = "ws", In = ParameterLocation.Path, Required = true, Description = "The workspace's id or slug.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
            return Task.CompletedTask;
        });
    }

    /// <summary>Who was let in; a person where the rule asks for one.</summary>
    public static Caller Asker(this HttpContext http) => (Caller)http.Items[typeof(Caller)]!;

    public static Caller.Person Who(this HttpContext http) => (Caller.Person)http.Asker();

    public static string From(this HttpContext http) =>
        (http.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : http.Connection.RemoteIpAddress)?.ToString() ?? "";

    /// <summary>What a caller may do in a workspace; null: nothing.</summary>
    public static async Task<Role?> RoleOf(Directory directory, Caller? caller, Guid workspaceId, CancellationToken ct) => caller switch
    {
        Caller.Person p when Enum.TryParse<Role>(await directory.RoleOf(workspaceId, p.Id, ct), ignoreCase: true, out var role) => role,
        Caller.Automation a when a.WorkspaceId == workspaceId => a.Role,
        _ => null,
    };

    // Around the whole endpoint, not as a filter: a filter runs only after the handler's parameters were bound, so the body
    // of somebody unknown would be read and an Access would be asked for before there is one.
    private static void AskFirst(EndpointBuilder built)
    {
        var route = ((RouteEndpointBuilder)built).RoutePattern.RawText!;
        var methods = built.Metadata.OfType<IHttpMethodMetadata>().Single().HttpMethods;
        var rule = AccessTable.Find(methods.Single(), route)
            ?? throw new InvalidOperationException($"The access table does not know {methods.Single()} {route}.");
        built.Metadata.Add(rule);
        if (rule.Need == AccessNeed.Anyone) return;
        var handle = built.RequestDelegate!;
        if (MayRepeat(rule))
        {
            var write = handle;
            handle = http => http.Request.Headers.ContainsKey(RepeatedWrites.Header) ? http.RequestServices.GetRequiredService<RepeatedWrites>().Once(http, write) : write(http);
        }
        built.RequestDelegate = async http => await (await Enter(http, rule) is { } refusal ? refusal.ExecuteAsync(http) : handle(http));
    }

    // Usage has ids of its own, and what is of one's own sign-in is no thing to make twice.
    private static bool MayRepeat(AccessRule rule) =>
        rule.Method != HttpMethods.Get && rule.Need is not (AccessNeed.Gateway or AccessNeed.Reporter) && !rule.Path.StartsWith("/auth/", StringComparison.Ordinal);

    private static async Task<IResult?> Enter(HttpContext http, AccessRule rule)
    {
        var caller = await http.RequestServices.GetRequiredService<Authentication>().Identify(http);
        if (caller is null) return Unauthenticated(http);
        http.Items[typeof(Caller)] = caller;
        return (rule.Need, caller) switch
        {
            (AccessNeed.InWorkspace, _) => await EnterWorkspace(http, caller, rule.Role!.Value),
            (AccessNeed.Person, Caller.Person) => null,
            (AccessNeed.Operator, Caller.Person { IsOperator: true }) => null,
            (AccessNeed.Gateway, Caller.Gateway) => null,
            (AccessNeed.Reporter, Caller.Gateway) => null,
            (AccessNeed.Reporter, Caller.Key key) when key.ApiKey.Scopes.Contains("report") => null,
            (AccessNeed.Reporter, _) => Forbidden("Usage is reported with a gateway token, or with an API key that has the scope 'report'."),
            _ => Forbidden(),
        };
    }

    private static async Task<IResult?> EnterWorkspace(HttpContext http, Caller caller, Role needed)
    {
        var ct = http.RequestAborted;
        var directory = http.RequestServices.GetRequiredService<Directory>();
        var name = (string)http.GetRouteValue("ws")!;
        var entered = await http.RequestServices.GetRequiredService<Authentication>().OnceArrived(async () =>
        {
            var workspace = await directory.Workspace(name, ct);
            // Asked for whether or not it is there: "not there" and "not yours" take the same path and time. Who is answered
            // sooner would get more of the few places of those who wait.
            var role = await RoleOf(directory, caller, workspace?.WorkspaceId ?? Guid.Empty, ct);
            return workspace is not null && role is not null ? new Access(caller, workspace, role.Value, http.From()) : null;
        }, ct);
        if (entered is null) return Problems.NotFound();
        if (entered.Role < needed) return Forbidden();
        http.Items[typeof(Access)] = entered;
        return null;
    }

    private static IResult Unauthenticated(HttpContext http)
    {
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.Of(StatusCodes.Status401Unauthorized, "UNAUTHENTICATED", "A valid bearer token is required.");
    }

    private static IResult Forbidden(string detail = "Your role does not allow this.") => Problems.Of(StatusCodes.Status403Forbidden, "FORBIDDEN", detail);
}

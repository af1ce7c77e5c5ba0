using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.ServiceDefaults.Audit;

/// <summary>A service's part of the audit log, at the address at which the front door answers with all parts.</summary>
public static class AuditEndpoints
{
    public const string OfWorkspace = "/workspaces/{ws}/audit", OfInstallation = "/audit";

    private static readonly PeriodCalendar Utc = new([new(null, "UTC")]);

    /// <param name="builder">The service.</param>
    /// <param name="catalog">What its events are.</param>
    public static void AddAudit(this WebApplicationBuilder builder, AuditCatalog catalog)
    {
        builder.Services.AddSingleton(catalog);
        builder.Services.AddSingleton<AuditLog>();
        builder.Services.ConfigureMarten(options => options.Events.IgnoreIndex(AuditIndex.NameOf(catalog)));
        builder.Services.AddHostedService<AuditIndex>();
    }

    public static void MapAudit(this IEndpointRouteBuilder api)
    {
        api.MapGet(OfWorkspace, ReadWorkspace).WithName("list-audit").WithTags("audit").Produces<AuditPage>().AddOpenApiOperationTransformer(Describe);
        api.MapGet(OfInstallation, ReadInstallation).WithName("list-installation-audit").WithTags("audit").Produces<AuditPage>().AddOpenApiOperationTransformer(Describe);
    }

    private static Task<IResult> ReadWorkspace(Access.Access access, AuditQuery query, AuditLog log, CancellationToken ct) =>
        Read(access.Workspace.WorkspaceId, new PeriodCalendar(access.Workspace.TimeZones), query, log, ct);

    private static Task<IResult> ReadInstallation(AuditQuery query, AuditLog log, CancellationToken ct) => Read(query.Workspace, Utc, query, log, ct);

    private static async Task<IResult> Read(Guid? workspaceId, PeriodCalendar calendar, AuditQuery query, AuditLog log, CancellationToken ct)
    {
        var errors = query.Errors;
        var (from, to) = (TimeBound.From(query.From, calendar, errors), TimeBound.To(query.To, calendar, errors));
        return errors.Count > 0 ? Problems.Invalid(errors) : TypedResults.Ok(await log.Read(workspaceId, query, from, to, ct));
    }

    private static Task Describe(OpenApiOperation operation, Microsoft.AspNetCore.OpenApi.OpenApiOperationTransformerContext context, CancellationToken ct)
    {
        operation.Parameters ??= [];
        foreach (var (name, description) in new[]
        {
            ("from", "A day, or a time with its offset."), ("to", "A day, which is included, or a time, which is not."), ("actor", "user:{id}, token:{id}, …, or an id."),
            ("action", "As in key.rotated; key alone means all of them."), ("subject", "The id of what was changed."), ("limit", "1 to 200, 50 if left out."),
            ("cursor", "The next_cursor of an earlier answer."), ("format", "csv or json: all of the range as a file, without pages."),
        })
            operation.Parameters.Add(new OpenApiParameter { Name = name, In = ParameterLocation.Query, Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        return Task.CompletedTask;
    }
}

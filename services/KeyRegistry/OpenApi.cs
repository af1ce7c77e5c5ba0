using Microsoft.OpenApi;

namespace TokenSense.KeyRegistry;

/// <summary>Describes what forms and paging read from a request, which no parameter's type tells.</summary>
internal static class OpenApi
{
    public static RouteHandlerBuilder Reads<TBody>(this RouteHandlerBuilder endpoint) =>
        endpoint.AddOpenApiOperationTransformer(async (operation, context, ct) => operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new() { Schema = await context.GetOrCreateSchemaAsync(typeof(TBody), null, ct) },
            },
        });

    /// <summary>The workspace in the path is read by what lets the caller in, before the handler's own parameters.</summary>
    public static RouteGroupBuilder InWorkspace(this RouteGroupBuilder endpoints) =>
        endpoints.AddOpenApiOperationTransformer((operation, context, _) =>
        {
            if (context.Description.RelativePath?.Contains("{ws}", StringComparison.Ordinal) is not true) return Task.CompletedTask;
            operation.Parameters ??= [];
            operation.Parameters.Insert(0, new OpenApiParameter
            {
                Name = "ws", In = ParameterLocation.Path, Required = true, Description = "The workspace's id or slug.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
            return Task.CompletedTask;
        });

    public static RouteHandlerBuilder Paged(this RouteHandlerBuilder endpoint) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = "limit", In = ParameterLocation.Query,
                Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = "200", Default = 50 },
            });
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = "cursor", In = ParameterLocation.Query, Description = "The next_cursor of an earlier answer.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
            return Task.CompletedTask;
        });
}

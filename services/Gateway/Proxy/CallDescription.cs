using System.Text.Json.Nodes;
using Microsoft.OpenApi;

namespace TokenSense.Gateway.Proxy;

/// <summary>What OpenAPI says of a call: the provider's formats are described by the provider, and what the gateway reads and answers itself here.</summary>
internal static class CallDescription
{
    private static readonly int[] Errors = [400, 401, 402, 403, 404, 409, 413, 429, 502, 503, 504];

    public static void IsCall(this RouteHandlerBuilder endpoint)
    {
        endpoint.WithDescription(
            "Request and answer are in the provider's own format. A whole answer in OpenAI's formats has the member tokensense besides. "
            + "The provider's own refusals (its 4xx) pass unchanged.");
        endpoint.Produces<JsonObject>(200, "application/json", "text/event-stream");
        foreach (var status in Errors) endpoint.Produces<ErrorAnswer>(status);
        // Accepts would say it too, and refuse clients that name another content type or none.
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.RequestBody = new OpenApiRequestBody { Required = true, Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = Request() } } };
            operation.Parameters ??= [];
            operation.Parameters.Add(Header("Idempotency-Key", "Repeats an answer for 10 minutes instead of calling again."));
            operation.Parameters.Add(Header("x-tokensense-project", "The project, by slug or id, for a key without one."));
            operation.Parameters.Add(Header("x-workflow-tag", "Kept with the usage."));
            return Task.CompletedTask;
        });
    }

    private static OpenApiSchema Request() => new()
    {
        Type = JsonSchemaType.Object,
        AdditionalPropertiesAllowed = true,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["model"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "Finds the provider; Gemini's is in the address." },
            ["stream"] = new OpenApiSchema { Type = JsonSchemaType.Boolean },
            ["metadata"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object, Description = "Kept with the usage, and does not go up.", MaxProperties = ClientRequest.MetadataMax,
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = ClientRequest.MetadataValueLengthMax },
            },
        },
    };

    private static OpenApiParameter Header(string name, string description) =>
        new() { Name = name, In = ParameterLocation.Header, Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
}

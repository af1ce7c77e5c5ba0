using System.Buffers;
using System.Text.Json;
using TokenSense.Enforcement;

namespace TokenSense.Gateway;

/// <summary>The decision alone, for Envoy's ext_authz, Traefik's forward-auth or a gateway of one's own. No request body is read.</summary>
public static class Authorize
{
    private const int ProjectLengthMax = 256;

    public static void Map(WebApplication app)
    {
        app.MapGet("/v1/authorize", (Delegate)Decide).WithName("Authorize").WithTags("Gateway")
            .WithSummary("May this API key spend?")
            .WithDescription("Any method, and any path below, is answered alike. The headers of the answer repeat its body.")
            .Produces<AuthorizeAnswer>().Produces<ErrorAnswer>(400).Produces<ErrorAnswer>(401).Produces<ErrorAnswer>(402).Produces<ErrorAnswer>(503);
        // Proxies pass on whatever method and path the client chose.
        app.Map("/v1/authorize/{**path}", Decide).ExcludeFromDescription();
    }

    public static async Task Decide(HttpContext http)
    {
        string? project = http.Request.Headers["x-tokensense-project"];
        var decision = project is { Length: > ProjectLengthMax }
            ? Decision.Refused(Refusal.InvalidRequest($"x-tokensense-project has at most {ProjectLengthMax} characters."))
            : await http.RequestServices.GetRequiredService<KeyArrival>().Decide(PresentedKey.Of(http.Request), project?.Trim(), http.RequestAborted);
        if (decision.Refusal is { } refusal)
        {
            await ErrorEnvelope.Write(http, refusal);
            return;
        }
        Tell(http.Response.Headers, decision);
        var body = new ArrayBufferWriter<byte>(1_024);
        using (var json = new Utf8JsonWriter(body)) Write(json, decision);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }

    private static void Tell(IHeaderDictionary headers, in Decision call)
    {
        headers.CacheControl = "no-store";
        headers["x-tokensense-workspace-id"] = call.WorkspaceId.ToString();
        if (call.ProjectId is { } project) headers["x-tokensense-project-id"] = project.ToString();
        headers["x-tokensense-key-id"] = call.KeyId.ToString();
        BudgetHeaders.Tell(headers, call);
    }

    private static void Write(Utf8JsonWriter json, in Decision call)
    {
        json.WriteStartObject();
        json.WriteString("workspace_id", call.WorkspaceId);
        if (call.ProjectId is { } project) json.WriteString("project_id", project);
        else json.WriteNull("project_id");
        json.WriteString("key_id", call.KeyId);
        json.WriteStartArray("budgets");
        Write(json, call.Workspace);
        Write(json, call.Project);
        Write(json, call.Key);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ScopeBudget? budget)
    {
        if (budget is null) return;
        json.WriteStartObject();
        json.WriteString("scope", budget.Scope);
        json.WriteString("id", budget.Id);
        if (budget.Name is { } name) json.WriteString("name", name);
        json.WriteNumber("budget_usd", budget.BudgetUsd);
        json.WriteNumber("spent_usd", budget.SpentUsd);
        json.WriteNumber("remaining_usd", budget.RemainingUsd);
        if (budget.Percent is { } percent) json.WriteNumber("percent", percent);
        else json.WriteNull("percent");
        json.WriteString("mode", budget.Mode);
        json.WriteString("resets_at", budget.ResetsAt.UtcDateTime);
        json.WriteEndObject();
    }
}

// The shapes of what is written above, for the OpenAPI description.
public sealed record AuthorizeAnswer(Guid WorkspaceId, Guid? ProjectId, Guid KeyId, IReadOnlyList<AuthorizeBudget> Budgets);

public sealed record AuthorizeBudget(
    string Scope, Guid Id, string? Name, decimal BudgetUsd, decimal SpentUsd, decimal RemainingUsd, decimal? Percent, string Mode, DateTimeOffset ResetsAt);

public sealed record ErrorAnswer(ErrorBody Error);

public sealed record ErrorBody(
    string Code, string Message, string Type, string DocUrl, string? Reason, DateTimeOffset? ExpiredAt, string? Provider, int? ProviderStatus, string? ErrorClass, bool? Retryable, string? Scope,
    Guid? ProjectId, decimal? BudgetUsd, decimal? SpentUsd, string? Period, DateTimeOffset? ResetsAt, IReadOnlyList<ExhaustedBudget>? Budgets,
    int? LimitPerMinute, int? RetryAfterSeconds);

public sealed record ExhaustedBudget(string Scope, Guid Id, string? Name, decimal BudgetUsd, decimal SpentUsd);

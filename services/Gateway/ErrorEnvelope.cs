using System.Buffers;
using System.Globalization;
using System.Text.Json;
using TokenSense.Enforcement;

namespace TokenSense.Gateway;

/// <summary>The one body of every error: <c>{"error":{"code","message","type",…,"doc_url"}}</c>. Clients match on <c>code</c>.</summary>
/// <remarks>Members are written one by one, so that the same refusal is the same bytes everywhere and always.</remarks>
public static class ErrorEnvelope
{
    private static readonly Refusal OwnFault = new(500, "INTERNAL_ERROR", "This is a fault of ours. It has been logged.", "api_error");

    public static async Task AnswerFaults(HttpContext http, RequestDelegate next)
    {
        try
        {
            await next(http);
        }
        catch (Exception gone) when (gone is (OperationCanceledException or IOException) && http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer.
        }
        catch (Exception fault) when (!http.Response.HasStarted)
        {
            http.Response.Clear();
            if (fault is BadHttpRequestException bad)
            {
                await Write(http, Refusal.InvalidRequest(bad.Message, bad.StatusCode));
                return;
            }
            http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ErrorEnvelope)).LogError(fault, "A request failed");
            await Write(http, OwnFault);
        }
    }

    public static async Task Write(HttpContext http, Refusal refusal)
    {
        var docs = DocsUrl(http.RequestServices.GetRequiredService<IConfiguration>());
        var body = new ArrayBufferWriter<byte>(1_024);
        using (var json = new Utf8JsonWriter(body)) Write(json, refusal, $"{docs}#{refusal.Code.ToLowerInvariant()}");
        http.Response.StatusCode = refusal.Status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.WrittenCount;
        http.Response.Headers.CacheControl = "no-store";
        if (refusal.Status == 401) http.Response.Headers.WWWAuthenticate = "Bearer";
        if (refusal.RetryAfterSeconds is { } seconds) http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        await http.Response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }

    // The guide of the console: at its public address, else at the one that this gateway itself calls.
    private static string DocsUrl(IConfiguration settings) =>
        settings["TOKENSENSE_DOCS_URL"] is { Length: > 0 } docs ? docs
        : $"{(settings["TOKENSENSE_PUBLIC_URL"] is { Length: > 0 } console ? console : settings["TokenSense:Url"])?.TrimEnd('/')}/docs/errors";

    private static void Write(Utf8JsonWriter json, Refusal refusal, string docUrl)
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("code", refusal.Code);
        json.WriteString("message", refusal.Message);
        json.WriteString("type", refusal.Type);
        if (refusal.Reason is not null) json.WriteString("reason", refusal.Reason);
        if (refusal.ExpiredAt is { } expiredAt) json.WriteString("expired_at", expiredAt.UtcDateTime);
        if (refusal.Provider is { } provider) json.WriteString("provider", provider);
        if (refusal.ProviderStatus is { } providerStatus) json.WriteNumber("provider_status", providerStatus);
        if (refusal.ErrorClass is { } errorClass)
        {
            json.WriteString("error_class", errorClass);
            json.WriteBoolean("retryable", refusal.RetryAfterSeconds is not null);
        }
        if (refusal.LimitPerMinute is { } limit) json.WriteNumber("limit_per_minute", limit);
        if (refusal.RetryAfterSeconds is { } seconds) json.WriteNumber("retry_after_seconds", seconds);
        if (refusal.Exhausted is [var widest, ..]) WriteBudgets(json, widest, refusal.Exhausted);
        json.WriteString("doc_url", docUrl);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteBudgets(Utf8JsonWriter json, ScopeBudget widest, IReadOnlyList<ScopeBudget> exhausted)
    {
        json.WriteString("scope", widest.Scope);
        if (widest.Scope == "project") json.WriteString("project_id", widest.Id);
        json.WriteNumber("budget_usd", widest.BudgetUsd);
        json.WriteNumber("spent_usd", widest.SpentUsd);
        json.WriteString("period", widest.Period);
        json.WriteString("resets_at", widest.ResetsAt.UtcDateTime);
        json.WriteStartArray("budgets");
        foreach (var budget in exhausted)
        {
            json.WriteStartObject();
            json.WriteString("scope", budget.Scope);
            json.WriteString("id", budget.Id);
            json.WriteString("name", budget.Name);
            json.WriteNumber("budget_usd", budget.BudgetUsd);
            json.WriteNumber("spent_usd", budget.SpentUsd);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}

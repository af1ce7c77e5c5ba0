using System.Globalization;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Audit;

namespace TokenSense.Dashboard.Api.Audit;

/// <summary><c>GET /api/v1/workspaces/{ws}/audit</c> and <c>GET /api/v1/audit</c>: the parts of all services as one log, a page of it or a file.</summary>
/// <remarks>Who may read it each service asks at its own door, by the caller's own credential: this process knows nobody.</remarks>
public static class AuditAnswer
{
    public const string Csv = "csv", Json = "json";
    private const string Root = "/api/v1";
    private const int RetryAfterSeconds = 5;
    private static readonly string[] FilterNames = ["from", "to", "actor", "action", "subject", "workspace"];

    public static void AddAudit(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<AuditSources>();
        builder.Services.AddSingleton<AuditExport>();
        builder.Services.AddSingleton<ExportPlaces>();
    }

    public static void MapAudit(this WebApplication app)
    {
        app.MapGet(Root + AuditEndpoints.OfWorkspace, (string ws, HttpContext http, AuditQuery query, AuditSources sources, AuditExport export, CancellationToken ct) =>
            Get($"{Root}/workspaces/{Uri.EscapeDataString(ws)}/audit", ws, http, query, sources, export, ct)).ExcludeFromDescription();
        app.MapGet(Root + AuditEndpoints.OfInstallation, (HttpContext http, AuditQuery query, AuditSources sources, AuditExport export, CancellationToken ct) =>
            Get(Root + AuditEndpoints.OfInstallation, query.Workspace?.ToString(), http, query, sources, export, ct)).ExcludeFromDescription();
    }

    internal static async Task<IResult> Get(
        string path, string? workspace, HttpContext http, AuditQuery query, AuditSources sources, AuditExport export, CancellationToken ct)
    {
        var format = http.Request.Query["format"].ToString();
        var question = new AuditQuestion(path, FilterOf(http), http.Request.Headers.Authorization.FirstOrDefault());
        try
        {
            // What is wrong with the question is told by the services, after they looked at who asks.
            var isFile = format is Csv or Json;
            var limit = query.Errors.ContainsKey("limit") ? null : isFile ? $"{AuditQuery.LimitMax}" : $"{query.Limit}";
            var page = await sources.Page(question, limit ?? http.Request.Query["limit"].ToString(), isFile ? null : http.Request.Query["cursor"].ToString(), ct);
            if (isFile) return await export.Answer(http, format, workspace, question, page, ct);
            if (format.Length > 0) return Problems.Invalid(new Dictionary<string, string[]> { ["format"] = ["must be csv or json"] });
            http.Response.Headers.CacheControl = "no-store";
            return TypedResults.Json(page with { Data = Named(page.Data, await sources.People(question, page.Data, ct)) }, Service.Json);
        }
        catch (RefusedException refused)
        {
            return refused;
        }
        catch (HttpRequestException)
        {
            http.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
            return Problems.Of(503, "SERVICE_UNAVAILABLE", "A service does not answer, and the log would have a hole. Retry shortly.");
        }
    }

    internal static IReadOnlyList<AuditEntry> Named(IEnumerable<AuditEntry> entries, IReadOnlyDictionary<string, AuditPerson> people) =>
    [
        .. entries.Select(e => e with
        {
            Actor = e.Actor.Type == "user" && people.TryGetValue(e.Actor.Id, out var by) ? e.Actor with { Name = by.Name, Email = by.Email } : e.Actor,
            Subject = e.Subject.Type is "member" or "person" && people.TryGetValue(e.Subject.Id, out var who) ? e.Subject with { Name = who.Name } : e.Subject,
        }),
    ];

    private static List<KeyValuePair<string, string?>> FilterOf(HttpContext http) =>
        [.. FilterNames.Where(http.Request.Query.ContainsKey).Select(name => KeyValuePair.Create(name, (string?)http.Request.Query[name].ToString()))];
}

using System.Net;
using System.Net.Http.Headers;
using TokenSense.Dashboard.Api;
using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Pages.Audit;
using TokenSense.Dashboard.Pages.Export;

namespace TokenSense.Dashboard.Session;

/// <summary>Files for a browser, which has a cookie and no token: a month's export and the audit log, passed on from the management API as they come.</summary>
public static class Downloads
{
    // A file is made within two minutes.
    private static readonly TimeSpan BeginsWithin = TimeSpan.FromSeconds(150);

    public static void MapDownloads(this WebApplication app)
    {
        app.MapGet("/w/{slug}/export/file", (HttpContext http, string slug, string? period, string? project, string? format, string? grain, CancellationToken ct) =>
        {
            var query = ExportQuery.Read(period, project, format, grain);
            return Get(http, query.Address($"/w/{Uri.EscapeDataString(slug)}"), query.Asked($"workspaces/{Uri.EscapeDataString(slug)}", query.Format), ct);
        }).ExcludeFromDescription();
        app.MapGet("/w/{slug}/audit/file", (HttpContext http, string slug, string? action, string? from, string? to, CancellationToken ct) => Get(http,
            AuditFilter.Read(action, from, to).Address($"/w/{Uri.EscapeDataString(slug)}"), $"workspaces/{Uri.EscapeDataString(slug)}/audit{http.Request.QueryString}", ct)).ExcludeFromDescription();
    }

    /// <param name="page">Where somebody is led back to when there is no file; ends in its query.</param>
    /// <param name="path">Of the file, below <c>/api/v1/</c>.</param>
    private static async Task<IResult> Get(HttpContext http, string page, string path, CancellationToken ct)
    {
        var services = http.RequestServices;
        var (clients, shelf, logs) = (services.GetRequiredService<IHttpClientFactory>(), services.GetRequiredService<TokenShelf>(), services.GetRequiredService<ILoggerFactory>());
        if (http.User.FindFirst(SessionCookie.SessionClaim)?.Value is not { } session || shelf.Find(session) is not { } held)
            return Results.Redirect($"{SessionCookie.SignInPage}?to={Uri.EscapeDataString(page)}");

        using var client = clients.CreateClient();
        client.Timeout = BeginsWithin;
        using var request = new HttpRequestMessage(HttpMethod.Get,
            services.GetRequiredService<ApiAddresses>().Of(path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", held.AccessToken);
        if (held.From.Length > 0) request.Headers.Add("X-Forwarded-For", held.From);
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
            if (answer.StatusCode == HttpStatusCode.Unauthorized)
            {
                shelf.Refuse(session, held.AccessToken);
                return Results.Redirect($"{SessionCookie.SignInPage}?to={Uri.EscapeDataString(page)}");
            }
            if (!answer.IsSuccessStatusCode) return Back(page, (await ApiClient.ProblemOf(answer, ct)).Code);
            await PassOn(answer, http.Response, ct);
            return Results.Empty;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !ct.IsCancellationRequested && !http.Response.HasStarted)
        {
            logs.CreateLogger(nameof(Downloads)).LogWarning("A file could not begin: {Reason}", e.Message);
            return Back(page, "SERVICE_UNAVAILABLE");
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            // The browser must not take half of a file for the whole.
            http.Abort();
            return Results.Empty;
        }
    }

    private static async Task PassOn(HttpResponseMessage answer, HttpResponse response, CancellationToken ct)
    {
        response.ContentType = answer.Content.Headers.ContentType?.ToString();
        response.ContentLength = answer.Content.Headers.ContentLength;
        response.Headers.ContentDisposition = answer.Content.Headers.ContentDisposition?.ToString();
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        await answer.Content.CopyToAsync(response.Body, ct);
    }

    // The page says in words what a code means.
    private static IResult Back(string page, string code) => Results.Redirect($"{page}&problem={Uri.EscapeDataString(code)}");
}

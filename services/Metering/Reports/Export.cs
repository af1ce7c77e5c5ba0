using System.Globalization;
using TokenSense.Contracts;
using TokenSense.Pricing;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Metering.Reports;

/// <summary>A month's breakdown as a file: CSV, JSON or FOCUS 1.2. All of it is of one moment.</summary>
/// <remarks>The file is made in one short read of the database and then sent from disk, so a slow client holds no transaction.</remarks>
public static class Export
{
    public const string Csv = "csv", Json = "json", FocusCsv = "focus";
    private const int RetryAfterSeconds = 5;

    public static void MapExport(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/workspaces/{ws}/export", Get).WithName("export").WithTags("usage")
            .Produces(StatusCodes.Status200OK, contentType: "text/csv", additionalContentTypes: "application/json");

    private static async Task<IResult> Get(
        HttpContext http, Access access, ExportRead read, ExportPlaces places, Directory directory, Authentication arrival, PriceBook book, TimeProvider clock,
        string? period, string? format, string? project, string? grain, CancellationToken ct)
    {
        var calendar = new PeriodCalendar(access.Workspace.TimeZones);
        period = string.IsNullOrEmpty(period) ? calendar.PeriodOf(clock.GetUtcNow()) : period;
        format = string.IsNullOrEmpty(format) ? Csv : format;
        grain = string.IsNullOrEmpty(grain) ? Grain.Model : grain;
        var errors = new Dictionary<string, string[]>();
        if (!PeriodCalendar.IsPeriod(period)) errors["period"] = ["must be a month as yyyy-MM"];
        if (format is not (Csv or Json or FocusCsv)) errors["format"] = ["must be csv, json or focus"];
        if (grain is not (Grain.Model or Grain.Key or Grain.Day)) errors["grain"] = ["must be model, key or day"];
        if (errors.Count > 0) return Problems.Invalid(errors);
        if (await ProjectChoice.Of(project, access.Workspace.WorkspaceId, directory, arrival, ct) is not { } choice) return Problems.NotFound();
        if (places.Take() is not { } place)
        {
            http.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
            return Problems.Of(429, "RATE_LIMITED", "Too many exports at once. Retry shortly.");
        }
        http.Response.RegisterForDispose(place);
        var file = ScratchFile.New("export");
        http.Response.RegisterForDispose(file);
        var head = await read.Run(new(access.Workspace, calendar, period, choice, grain), (head, rows) => format switch
        {
            Json => ExportFile.WriteJson(file, head, rows, ct),
            FocusCsv => ExportFile.WriteCsv(file, Focus.Columns(head, book), rows, ct),
            _ => ExportFile.WriteCsv(file, ExportColumns.Of(head), rows, ct),
        }, ct);
        place.Made();
        file.Position = 0;
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Stream(file, format == Json ? "application/json" : "text/csv; charset=utf-8", NameOf(head, format));
    }

    private static string NameOf(ExportHead head, string format)
    {
        var parts = new[] { "tokensense", head.Query.Workspace.Slug, head.Query.Period, head.Query.Project.Slug, head.State, $"r{head.Revision}", head.Checksum[..12] };
        return string.Join('-', parts.OfType<string>()) + (format switch { Json => ".json", FocusCsv => "-focus-1.2.csv", _ => ".csv" });
    }
}

/// <summary>What a row is: project × model, or also × key, or also × day.</summary>
public static class Grain
{
    public const string Model = "model", Key = "key", Day = "day";
}

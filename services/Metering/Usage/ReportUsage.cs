using System.Text.Json;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Metering.Usage;

/// <summary><c>POST /api/v1/usage</c>: one item, a list of at most 1,000, or CloudEvents 1.0. Answered item by item, once durable.</summary>
public static class ReportUsage
{
    public const int ItemsMax = 1_000;
    public const int BodyBytesMax = 4 * 1_048_576;
    public const string EventType = "tokensense.usage.reported.v1";

    public sealed record Answer(int Accepted, int Duplicates, int Conflicts, int Pending, int Rejected, IReadOnlyList<Result> Results);
    public sealed record Result(int Index, string? Id, string Status, string? Code, string? Message);

    public static void MapReportUsage(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/usage", Post).WithName("report-usage").WithTags("usage").Produces<Answer>();

    private static async Task<IResult> Post(HttpContext http, UsageIntake intake, Admission admission, CancellationToken ct)
    {
        var reporter = ReporterOf(http.Asker());
        if (!admission.TryEnter())
        {
            http.Response.Headers.RetryAfter = "1";
            return Problems.Of(429, "RATE_LIMITED", "Too many reports at once. Retry shortly.");
        }
        try
        {
            var body = await JsonSerializer.DeserializeAsync<JsonElement>(http.Request.Body, cancellationToken: ct);
            IReadOnlyList<JsonElement> items = body.ValueKind == JsonValueKind.Array ? [.. body.EnumerateArray()] : [body];
            if (items.Count == 0) return Problems.Of(400, "INVALID_REQUEST", "The list of items is empty.");
            if (items.Count > ItemsMax) return Problems.Of(413, "REQUEST_TOO_LARGE", $"At most {ItemsMax} items in a request.");

            var isEvents = http.Request.ContentType?.StartsWith("application/cloudevents", StringComparison.OrdinalIgnoreCase) == true;
            var opened = items.Select(item => isEvents ? CloudEventUsage.Open(item) : (Line: item, Problem: null)).ToList();
            var good = opened.Select((o, index) => (o.Line, o.Problem, Index: index)).Where(o => o.Problem is null).ToList();
            var answers = (await intake.Take(reporter, [.. good.Select(g => g.Line)], remembersRejected: false, ct))
                .Select(a => a with { Index = good[a.Index].Index })
                .Concat(opened.Select((o, index) => (o, index)).Where(o => o.o.Problem is not null)
                    .Select(o => new LineAnswer(o.index, null, null, LineAnswer.Rejected, LineCodes.InvalidLine, o.o.Problem)))
                .OrderBy(a => a.Index).ToList();
            int Count(string status) => answers.Count(a => a.Status == status);
            return TypedResults.Ok(new Answer(
                Count(LineAnswer.Accepted), Count(LineAnswer.Duplicate), Count(LineAnswer.Conflict), Count(LineAnswer.Pending), Count(LineAnswer.Rejected),
                [.. answers.Select(a => new Result(a.Index, a.Id, a.Status, a.Code, a.Message))]));
        }
        finally
        {
            admission.Leave();
        }
    }

    private static Reporter ReporterOf(Caller caller) => caller switch
    {
        Caller.Gateway gateway => Reporter.Gateway(gateway.Name, gateway.Workspaces),
        Caller.Key { ApiKey: var key } => new Reporter($"key:{key.KeyId}", key.Name, key, null),
        _ => throw new InvalidOperationException($"{caller.Actor} reports no usage."),
    };
}

/// <summary>How many reports are worked on at once; more are told to come back.</summary>
public sealed class Admission
{
    private const int AtOnceMax = 64;
    private readonly SemaphoreSlim _places = new(AtOnceMax);

    public bool TryEnter() => _places.Wait(0);
    public void Leave() => _places.Release();
}

/// <summary>A usage item in a CloudEvents 1.0 envelope: <c>id</c> and <c>source</c> are the event's.</summary>
public static class CloudEventUsage
{
    public static (JsonElement Line, string? Problem) Open(JsonElement item)
    {
        try
        {
            return Read(item);
        }
        catch (InvalidOperationException)
        {
            return (default, "A name or string of the event is not valid Unicode.");
        }
    }

    private static (JsonElement Line, string? Problem) Read(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object) return (default, "A CloudEvent must be a JSON object.");
        var problems = new List<string>();
        string? Attribute(string name)
        {
            if (item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text) return text;
            problems.Add($"{name} is required");
            return null;
        }
        if (Attribute("specversion") is { } version && version != "1.0") problems.Add("specversion must be 1.0");
        if (Attribute("type") is { } type && type != ReportUsage.EventType) problems.Add($"type must be {ReportUsage.EventType}");
        var (id, source) = (Attribute("id"), Attribute("source"));
        if (!item.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object) problems.Add("data must be a usage item");
        if (problems.Count > 0) return (default, string.Join("; ", problems) + ".");
        // A member given twice is read as the last one, as everywhere.
        var line = new Dictionary<string, JsonElement>();
        foreach (var member in data.EnumerateObject()) line[member.Name] = member.Value;
        line["id"] = JsonSerializer.SerializeToElement(id);
        line["source"] = JsonSerializer.SerializeToElement(source);
        return (JsonSerializer.SerializeToElement(line), null);
    }
}

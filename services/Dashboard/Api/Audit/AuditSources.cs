using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Audit;

namespace TokenSense.Dashboard.Api.Audit;

/// <summary>Asks the services for their parts of the log, each with the caller's own credential, and joins what they answer.</summary>
public sealed class AuditSources(IHttpClientFactory clients, IConfiguration settings)
{
    private const int PeoplePerQuestion = 100;
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(20);

    // It knows every workspace and member first: what it refuses is refused.
    private const string First = FrontDoor.KeyRegistry;

    /// <exception cref="RefusedException">The caller may not, or asked wrongly.</exception>
    /// <exception cref="HttpRequestException">A part is missing: nothing is told rather than a log with a hole.</exception>
    public async Task<AuditPage> Page(AuditQuestion question, string limit, string? cursor, CancellationToken ct)
    {
        var address = question.With(limit, cursor);
        var first = Ask<AuditPage>(First, address, question, ct);
        var others = Task.WhenAll(FrontDoor.Services.Where(s => s != First).Select(s => Ask<AuditPage>(s, address, question, ct)));
        // Whatever becomes of the others when the first refuses is of no interest.
        _ = others.ContinueWith(o => o.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return AuditPage.Merge([await first, .. await others], int.Parse(limit, CultureInfo.InvariantCulture));
    }

    /// <summary>Of the people in these entries who are known (still), their names and mail.</summary>
    public async Task<IReadOnlyDictionary<string, AuditPerson>> People(AuditQuestion question, IEnumerable<AuditEntry> entries, CancellationToken ct)
    {
        var ids = entries.SelectMany(e => PeopleOf(e)).Distinct().Where(id => Guid.TryParse(id, out _)).ToList();
        var people = new Dictionary<string, AuditPerson>();
        foreach (var some in ids.Chunk(PeoplePerQuestion))
        {
            var address = $"{question.Path}/people?{string.Join('&', some.Select(id => $"id={id}"))}";
            foreach (var person in (await Ask<AuditPeople>(First, address, question, ct)).Data) people[$"{person.Id}"] = person;
        }
        return people;
    }

    private static IEnumerable<string> PeopleOf(AuditEntry entry)
    {
        if (entry.Actor.Type == "user") yield return entry.Actor.Id;
        if (entry.Subject.Type is "member" or "person") yield return entry.Subject.Id;
    }

    private async Task<T> Ask<T>(string service, string address, AuditQuestion question, CancellationToken ct)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(ct);
        late.CancelAfter(AnswerMax);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(FrontDoor.AddressOf(settings, service), address));
        if (question.Authorization is { } authorization) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var client = clients.CreateClient();
        try
        {
            using var answer = await client.SendAsync(request, late.Token);
            if (answer.StatusCode == HttpStatusCode.OK) return (await answer.Content.ReadFromJsonAsync<T>(Service.Json, late.Token))!;
            // Of a caller or a workspace that is new, the others may not have heard yet: that is no refusal.
            if ((int)answer.StatusCode is >= 400 and < 500 && (service == First || answer.StatusCode == HttpStatusCode.BadRequest))
                throw new RefusedException((int)answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(late.Token),
                    answer.Content.Headers.ContentType, [.. answer.Headers.WwwAuthenticate]);
            throw new HttpRequestException($"{service} answers {(int)answer.StatusCode}.");
        }
        catch (Exception e) when ((e is OperationCanceledException or JsonException or IOException) && !ct.IsCancellationRequested)
        {
            throw new HttpRequestException($"{service} does not answer.", e);
        }
    }
}

/// <summary>What a caller asks of the log.</summary>
/// <param name="Path">Of the part in each service: the same as theirs.</param>
/// <param name="Filter">Its query without paging, as it was given.</param>
/// <param name="Authorization">As it was given; null: nobody's.</param>
public sealed record AuditQuestion(string Path, IReadOnlyList<KeyValuePair<string, string?>> Filter, string? Authorization)
{
    public string With(string limit, string? cursor) => Path + QueryString.Create([.. Filter, new("limit", limit), new("cursor", cursor)]);
}

/// <summary>The service that decides who is let in said no: its answer is the answer.</summary>
public sealed class RefusedException(int status, byte[] body, MediaTypeHeaderValue? contentType, IReadOnlyList<AuthenticationHeaderValue> challenges)
    : Exception($"Refused with {status}."), IResult
{
    public async Task ExecuteAsync(HttpContext http)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType?.ToString();
        if (challenges.Count > 0) http.Response.Headers.WWWAuthenticate = string.Join(", ", challenges);
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}

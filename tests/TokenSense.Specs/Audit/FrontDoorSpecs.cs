using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using TokenSense.Dashboard.Api;
using TokenSense.Dashboard.Api.Audit;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Audit;
using Xunit;

namespace TokenSense.Specs.Audit;

/// <summary>What the front door makes of the services' answers.</summary>
public sealed class FrontDoorSpecs
{
    private static readonly Guid Older = new("01900000-0000-7000-8000-000000000001"), Newer = new("01900000-0000-7000-8000-000000000002");
    private readonly ExportPlaces _places = new();
    private readonly Dictionary<string, Func<Uri, (HttpStatusCode Status, string Body)>> _services = FrontDoor.Services.ToDictionary(
        s => s, _ => (Func<Uri, (HttpStatusCode, string)>)(uri => (HttpStatusCode.OK, uri.AbsolutePath.EndsWith("/people", StringComparison.Ordinal) ? """{"data":[]}""" : Empty)));

    private const string Empty = """{"data":[],"next_cursor":null}""";

    [Fact]
    public async Task The_parts_are_one_list_and_amounts_keep_their_digits()
    {
        _services["Budgets"] = _ => (HttpStatusCode.OK, Page(Newer, "2026-11-23T12:00:01Z", """{"amount_usd":0.100000000001}"""));
        _services["Notifier"] = _ => (HttpStatusCode.OK, Page(Older, "2026-11-23T12:00:00Z", "null"));
        var (status, body) = await Ask("");
        status.ShouldBe(200);
        body.IndexOf($"{Newer}", StringComparison.Ordinal).ShouldBeLessThan(body.IndexOf($"{Older}", StringComparison.Ordinal));
        body.ShouldContain("0.100000000001");
    }

    [Fact]
    public async Task What_the_registry_refuses_is_refused_whatever_becomes_of_the_others()
    {
        _services["KeyRegistry"] = _ => (HttpStatusCode.Forbidden, """{"code":"FORBIDDEN"}""");
        _services["Metering"] = _ => throw new HttpRequestException("away");
        (await Ask("")).ShouldBe((403, """{"code":"FORBIDDEN"}"""));
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.InternalServerError)]
    public async Task A_service_that_has_not_heard_of_the_caller_yet_is_a_missing_part_and_no_refusal(HttpStatusCode answer)
    {
        _services["Budgets"] = _ => (answer, "{}");
        (await Ask("")).Status.ShouldBe(503);
    }

    [Fact]
    public async Task A_stranger_gets_401_and_not_429_when_all_places_for_exports_are_taken()
    {
        while (_places.Take() is not null) { }
        (await Ask("?format=csv")).Status.ShouldBe(429);
        _services["KeyRegistry"] = _ => (HttpStatusCode.Unauthorized, "{}");
        (await Ask("?format=csv")).Status.ShouldBe(401);
    }

    [Fact]
    public async Task A_service_that_stops_answering_in_the_middle_of_a_file_is_503_and_gives_its_place_back()
    {
        _services["Budgets"] = uri => uri.Query.Contains("cursor=1-", StringComparison.Ordinal)
            ? throw new HttpRequestException("away")
            : (HttpStatusCode.OK, Page(Newer, "0001-01-01T00:00:00.0000001Z", "null").Replace("\"next_cursor\":null", $"\"next_cursor\":\"1-{Newer:N}\""));
        (await Ask("?format=csv")).Status.ShouldBe(503);
        for (var n = 0; n < ExportPlaces.MadeAtOnceMax; n++) _places.Take().ShouldNotBeNull();
    }

    private async Task<(int Status, string Body)> Ask(string query)
    {
        var http = new DefaultHttpContext
        {
            RequestServices = new ServiceCollection().AddLogging().AddProblemDetails().BuildServiceProvider(),
            Request = { QueryString = new QueryString(query) },
        };
        var response = new Response();
        http.Features.Set<IHttpResponseFeature>(response);
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(response.Body));
        var settings = new ConfigurationBuilder().AddInMemoryCollection(FrontDoor.Services.Select(s => KeyValuePair.Create<string, string?>($"Services:{s}", $"http://{s}"))).Build();
        var sources = new AuditSources(new Clients(_services), settings);
        var asked = await AuditQuery.BindAsync(http, null!);
        var result = await AuditAnswer.Get("/api/v1/workspaces/acme/audit", "acme", http, asked, sources, new AuditExport(sources, _places, TimeProvider.System), CancellationToken.None);
        await result.ExecuteAsync(http);
        await response.End();
        return (http.Response.StatusCode, Encoding.UTF8.GetString(((MemoryStream)response.Body).ToArray()));
    }

    private static string Page(Guid id, string at, string after) =>
        $$"""{"data":[{"id":"{{id}}","at":"{{at}}","action":"budget.set","subject":{"type":"workspace","id":"1","name":null},"actor":{"type":"system","id":"system","name":null,"email":null},"from":null,"before":null,"after":{{after}}}],"next_cursor":null}""";

    /// <summary>Disposes at the end of a request what was registered for it, as a server does.</summary>
    private sealed class Response : HttpResponseFeature
    {
        private readonly List<Func<Task>> _atEnd = [];

        public Response() => Body = new MemoryStream();

        public override void OnCompleted(Func<object, Task> callback, object state) => _atEnd.Add(() => callback(state));

        public async Task End()
        {
            foreach (var end in _atEnd) await end();
        }
    }

    private sealed class Clients(Dictionary<string, Func<Uri, (HttpStatusCode, string)>> services) : HttpMessageHandler, IHttpClientFactory
    {
        public HttpClient CreateClient(string name) => new(this, disposeHandler: false);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken ct)
        {
            var (status, body) = services.Single(s => s.Key.Equals(request.RequestUri!.Host, StringComparison.OrdinalIgnoreCase)).Value(request.RequestUri!);
            return Task.FromResult(new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") });
        }
    }
}

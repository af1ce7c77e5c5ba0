using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging;
using Shouldly;
using TokenSense.Enforcement;
using TokenSense.Gateway;
using Xunit;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Enforcement;

public sealed class GatewayAnswerSpecs
{
    [Fact]
    public async Task An_exhausted_budget_is_told_byte_for_byte() =>
        (await Answered(new World().With(Spend("project", 12.50m, 10, "block"), Spend("key", 3, 0)))).ShouldBe((402,
            """{"error":{"code":"PROJECT_BUDGET_EXCEEDED","message":"Monthly project budget exceeded.","type":"billing_error","error_class":"budget_exceeded","retryable":false,"scope":"project","project_id":"00000002-0000-0000-0000-000000000000","budget_usd":10,"spent_usd":12.50,"period":"2026-11","resets_at":"2026-12-01T00:00:00Z","budgets":[{"scope":"project","id":"00000002-0000-0000-0000-000000000000","name":"alpha","budget_usd":10,"spent_usd":12.50},{"scope":"key","id":"00000004-0000-0000-0000-000000000000","name":"laptop","budget_usd":0,"spent_usd":3}],"doc_url":"https://docs.test/errors#project_budget_exceeded"}}"""));

    [Fact]
    public async Task An_expired_key_is_told_when() =>
        (await Answered(new World().With(AKey(2) with { ExpiresAt = Now }))).ShouldBe((401,
            """{"error":{"code":"API_KEY_EXPIRED","message":"The TokenSense API key has expired.","type":"authentication_error","expired_at":"2026-11-23T12:00:00Z","doc_url":"https://docs.test/errors#api_key_expired"}}"""));

    [Fact]
    public async Task An_unavailable_check_says_that_it_is_no_billing_decision_and_when_to_retry()
    {
        var http = Request();
        await ErrorEnvelope.Write(http, Refusal.BudgetCheckUnavailable);
        Body(http).ShouldBe(
            """{"error":{"code":"BUDGET_CHECK_UNAVAILABLE","message":"The budget cannot be checked now. This is not a billing decision, retry shortly.","type":"service_unavailable","error_class":"budget_check_unavailable","retryable":true,"retry_after_seconds":5,"doc_url":"https://docs.test/errors#budget_check_unavailable"}}""");
        http.Response.Headers.RetryAfter.ToString().ShouldBe("5");
    }

    [Fact]
    public async Task A_key_that_calls_too_often_is_told_its_limit_and_when_to_come_again()
    {
        var http = Request();
        await ErrorEnvelope.Write(http, new(429, "RATE_LIMITED", "Too often.", "rate_limit_error") { LimitPerMinute = 60, RetryAfterSeconds = 7 });
        Body(http).ShouldBe(
            """{"error":{"code":"RATE_LIMITED","message":"Too often.","type":"rate_limit_error","limit_per_minute":60,"retry_after_seconds":7,"doc_url":"https://docs.test/errors#rate_limited"}}""");
        http.Response.Headers.RetryAfter.ToString().ShouldBe("7");
    }

    [Fact]
    public async Task A_fault_of_ours_comes_in_the_same_envelope_and_says_nothing_of_itself()
    {
        var http = Request();
        await ErrorEnvelope.AnswerFaults(http, _ => throw new InvalidOperationException("inner matters"));
        (http.Response.StatusCode, Body(http)).ShouldBe((500,
            """{"error":{"code":"INTERNAL_ERROR","message":"This is a fault of ours. It has been logged.","type":"api_error","doc_url":"https://docs.test/errors#internal_error"}}"""));
    }

    [Theory]
    [InlineData("https://docs.test/errors", "https://console.test", "https://docs.test/errors")]
    [InlineData("", "https://console.test/", "https://console.test/docs/errors")]
    [InlineData(null, null, "http://dashboard:8080/docs/errors")]
    public async Task Errors_are_explained_at_the_consoles_public_address_unless_another_place_is_named(string? docs, string? console, string expected)
    {
        var http = Request(settings: [new("TOKENSENSE_DOCS_URL", docs), new("TOKENSENSE_PUBLIC_URL", console), new("TokenSense:Url", "http://dashboard:8080")]);
        await ErrorEnvelope.Write(http, Refusal.InvalidApiKey);
        Body(http).ShouldContain($"\"doc_url\":\"{expected}#invalid_api_key\"");
    }

    [Theory]
    [InlineData("Authorization", "Bearer {0}")]
    [InlineData("Authorization", "bearer {0}")]
    [InlineData("x-api-key", "{0}")]
    [InlineData("x-tokensense-key", "{0}")]
    [InlineData("x-goog-api-key", "{0}")]
    public void A_key_is_found_where_client_libraries_put_it(string header, string form)
    {
        var http = Request();
        http.Request.Headers[header] = string.Format(null, form, Secret);
        PresentedKey.Of(http.Request).ShouldBe(Secret);
    }

    [Fact]
    public void A_key_is_found_in_the_query()
    {
        var http = Request();
        http.Request.QueryString = new("?alt=sse&key=" + Secret);
        PresentedKey.Of(http.Request).ShouldBe(Secret);
    }

    [Fact]
    public void A_token_for_somebody_else_does_not_hide_our_key()
    {
        var http = Request();
        http.Request.Headers.Authorization = "Bearer of-another-kind";
        PresentedKey.Of(http.Request).ShouldBe("of-another-kind");
        http.Request.Headers["x-tokensense-key"] = Secret;
        PresentedKey.Of(http.Request).ShouldBe(Secret);
    }

    [Fact]
    public void No_key_is_no_key() => PresentedKey.Of(Request().Request).ShouldBeNull();

    [Fact]
    public async Task An_allowed_call_is_told_its_tightest_budget_and_the_warning()
    {
        var http = Request(new World().With(Spend("workspace", 81.5m, 100), Spend("key", 0, 50)).Enforcer);
        http.Request.Headers["x-api-key"] = Secret;
        await Authorize.Decide(http);
        http.Response.StatusCode.ShouldBe(200);
        string Header(string name) => http.Response.Headers[name].ToString();
        (Header("x-tokensense-workspace-id"), Header("x-tokensense-project-id"), Header("x-tokensense-key-id")).ShouldBe((Workspace.ToString(), Project.ToString(), Key.ToString()));
        (Header("x-tokensense-budget-limit-usd"), Header("x-tokensense-budget-remaining-usd"), Header("x-tokensense-budget-warning")).ShouldBe(("100", "18.5", "80"));
        Body(http).ShouldBe(
            """{"workspace_id":"00000001-0000-0000-0000-000000000000","project_id":"00000002-0000-0000-0000-000000000000","key_id":"00000004-0000-0000-0000-000000000000","budgets":[{"scope":"workspace","id":"00000001-0000-0000-0000-000000000000","name":"Acme","budget_usd":100,"spent_usd":81.5,"remaining_usd":18.5,"percent":81.50,"mode":"block","resets_at":"2026-12-01T00:00:00Z"},{"scope":"key","id":"00000004-0000-0000-0000-000000000000","name":"laptop","budget_usd":50,"spent_usd":0,"remaining_usd":50,"percent":0,"mode":"block","resets_at":"2026-12-01T00:00:00Z"}]}""");
    }

    private static async Task<(int Status, string Body)> Answered(World world)
    {
        var http = Request();
        await ErrorEnvelope.Write(http, world.Call().Refusal!);
        return (http.Response.StatusCode, Body(http));
    }

    private static DefaultHttpContext Request(Enforcer? enforcer = null, KeyValuePair<string, string?>[]? settings = null) => new()
    {
        Response = { Body = new MemoryStream() },
        RequestServices = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings ?? [new("TOKENSENSE_DOCS_URL", "https://docs.test/errors")]).Build())
            .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance)
            .AddSingleton(new KeyArrival(enforcer ?? new Enforcer(), new StoppedClock()))
            .BuildServiceProvider(),
    };

    private static string Body(HttpContext http) => Encoding.UTF8.GetString(((MemoryStream)http.Response.Body).ToArray());

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
}

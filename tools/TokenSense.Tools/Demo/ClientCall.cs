using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace TokenSense.Tools.Demo;

/// <summary>One call of the trace, with its last answer.</summary>
/// <param name="Lane">Its place in <see cref="Demo.Lane.All"/>.</param>
/// <param name="At">When the last answer was asked for: what the price depends on.</param>
/// <param name="From">The same, since the replay began.</param>
/// <param name="To">When the answer was complete.</param>
/// <param name="Waited">The answers before it that said to come again.</param>
public sealed record ClientCall(int Lane, DateTimeOffset At, TimeSpan From, TimeSpan To, ClientAnswer Answer, ImmutableArray<string> Waited);

/// <summary>What the client got.</summary>
/// <param name="Status">0: no answer, or not all of it.</param>
/// <param name="Code">Of an error.</param>
/// <param name="RequestId">The usage's id.</param>
/// <param name="IsComplete">The answer came to its own end.</param>
/// <param name="CostUsd">As told; null where the answer began before it was known.</param>
/// <param name="Exhausted">With 402: the budgets that are used up.</param>
public sealed record ClientAnswer(
    int Status, string? Code = null, string? RequestId = null, bool IsComplete = false, decimal? CostUsd = null, TimeSpan? RetryAfter = null)
{
    public ImmutableArray<ExhaustedBudget> Exhausted { get; init; } = [];

    public bool IsAllowed => Status == 200;
    public bool IsBudget => Status == 402;

    /// <summary>Says nothing about the budget: ask again.</summary>
    public bool IsPassing => Status == 503 || (Status == 429 && Code == "BUDGET_SETTLING");

    public string Outcome => Status == 0 ? $"no answer: {Code}" : Code is null ? $"{Status}" : $"{Status} {Code}";

    public static ClientAnswer Read(HttpResponseMessage answer, string body, Lane lane, bool stream)
    {
        var read = new ClientAnswer((int)answer.StatusCode, RequestId: Header("x-tokensense-request-id"), RetryAfter: answer.Headers.RetryAfter?.Delta);
        if (answer.StatusCode == HttpStatusCode.OK)
            return read with
            {
                IsComplete = Wire.IsComplete(lane, stream, body),
                CostUsd = Header("x-tokensense-cost") is { } cost ? decimal.Parse(cost, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) : null,
            };
        try
        {
            using var json = JsonDocument.Parse(body);
            var error = json.RootElement.GetProperty("error");
            return read with
            {
                Code = error.GetProperty("code").ToString(),
                Exhausted = !error.TryGetProperty("budgets", out var budgets) ? [] : [.. budgets.EnumerateArray().Select(b =>
                    new ExhaustedBudget(b.GetProperty("id").GetGuid(), b.GetProperty("budget_usd").GetDecimal(), b.GetProperty("spent_usd").GetDecimal()))],
            };
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return read with { Code = "not in TokenSense's words" };
        }

        string? Header(string name) => answer.Headers.TryGetValues(name, out var values) ? values.First() : null;
    }
}

/// <summary>A budget as a 402 tells of it.</summary>
public sealed record ExhaustedBudget(Guid Id, decimal BudgetUsd, decimal SpentUsd);

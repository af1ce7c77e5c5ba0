using System.Diagnostics;
using System.Globalization;
using System.Net;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Accounting;

/// <summary>A million rollup rows: the service neither keeps them in memory nor holds a transaction while they are read.</summary>
[Collection(nameof(SharedStack))]
public sealed class LargeExportTests(SharedStack shared)
{
    private const int Rows = 1_000_000;
    private const long MemoryBytesMax = 200_000_000;
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task A_million_rows_are_exported_in_bounded_memory_and_a_slow_client_holds_no_transaction()
    {
        var workspace = await Workspace.New(_stack);
        var period = DateTime.UtcNow.ToString("yyyy-MM", CultureInfo.InvariantCulture);
        await _stack.Execute("metering",
            $"""
            insert into usage_days (workspace_id, period, day, project_id, key_id, provider, model, requests, input_tokens, output_tokens, cost_usd, unpriced)
            select '{workspace.Id}', '{period}', '{period}-01', '00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'openai', 'gpt-4o', 1, 100, 10, n * 0.000000123457, 0
            from generate_series(1, {Rows}) n
            """);
        try
        {
            await Exported(workspace, period);
        }
        finally
        {
            // Nobody recorded these: the audit would tell of them.
            await _stack.Execute("metering", $"delete from usage_days where workspace_id = '{workspace.Id}'");
        }
    }

    private async Task Exported(Workspace workspace, string period)
    {
        await File.WriteAllTextAsync($"/proc/{_stack.Metering.ProcessId}/clear_refs", "5");
        var before = Memory("VmRSS");
        var watch = Stopwatch.StartNew();
        using var response = await workspace.Begin($"export?period={period}&format=csv&grain=key");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var made = watch.Elapsed;

        // The client has the headers and reads nothing: most of the file is still with the service.
        var open = await _stack.Query<long>("metering",
            "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'tokensense-metering' and xact_start is not null and query like '%usage_days%'");
        open.ShouldBe(0);

        var (lines, bytes, cents) = (0L, 0L, 0m);
        using (var reader = new StreamReader(await response.Content.ReadAsStreamAsync()))
            while (await reader.ReadLineAsync() is { } line)
            {
                bytes += line.Length + 2;
                // amount_usd is the last but two.
                if (lines++ > 0) cents += decimal.Parse(line.Split(',')[^3], CultureInfo.InvariantCulture);
            }
        var grown = Memory("VmHWM") - before;
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{lines - 1:N0} rows, {bytes / 1e6:N0} MB, made in {made.TotalSeconds:N1} s, read after {watch.Elapsed.TotalSeconds:N1} s, memory {before / 1e6:N0} MB + {grown / 1e6:N0} MB at most");
        lines.ShouldBe(Rows + 1);
        bytes.ShouldBe(response.Content.Headers.ContentLength!.Value);
        cents.ShouldBe(decimal.Floor(Rows / 2m * (Rows + 1) * 0.000000123457m * 100 + 0.5m) / 100);
        grown.ShouldBeLessThan(MemoryBytesMax);

        await MoreThanFourAtOnceAreToldToComeBack(workspace, period);
    }

    private static async Task MoreThanFourAtOnceAreToldToComeBack(Workspace workspace, string period)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => workspace.Begin($"export?period={period}&format=csv")));
        answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBe(4);
        foreach (var refused in answers.Where(a => a.StatusCode != HttpStatusCode.OK))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            refused.Headers.RetryAfter.ShouldNotBeNull();
        }
        foreach (var answer in answers) answer.Dispose();
        (await workspace.Raw(HttpMethod.Get, "export")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private long Memory(string name) =>
        1024 * long.Parse(File.ReadLines($"/proc/{_stack.Metering.ProcessId}/status").First(l => l.StartsWith(name, StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1], CultureInfo.InvariantCulture);
}

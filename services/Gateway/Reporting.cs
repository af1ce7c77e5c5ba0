using Microsoft.Extensions.Diagnostics.HealthChecks;
using TokenSense.Enforcement;

namespace TokenSense.Gateway;

/// <summary>Reports what the journal holds, and first what an earlier run left in it.</summary>
public sealed class Reporting(UsageJournal journal, UsageReporter reporter, Enforcer enforcer, TimeProvider clock, ILogger<Reporting> log) : BackgroundService
{
    // From the broker's confirmation to Metering's record.
    private static readonly TimeSpan RecordedWithin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DrainMax = TimeSpan.FromSeconds(3);

    public override Task StartAsync(CancellationToken ct)
    {
        if (journal.RecoveredOpen > 0) log.LogWarning("{Count} calls were under way when the last run ended: they count as estimated", journal.RecoveredOpen);
        // What an earlier run used, confirmed or not, may not be in the spend that is known here.
        enforcer.RequireCompleteTo(journal.RecoveredConfirmed.IsCompleted ? clock.GetUtcNow() + RecordedWithin : DateTimeOffset.MaxValue);
        return base.StartAsync(ct);
    }

    public override async Task StopAsync(CancellationToken ct)
    {
        // The server has ended its calls by now: their usage goes out before this does, if the broker is there.
        var since = clock.GetTimestamp();
        while (journal.Waiting > 0 && reporter.Connected && clock.GetElapsedTime(since) < DrainMax && !ct.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(20), clock, CancellationToken.None);
        await base.StopAsync(ct);
    }

    protected override Task ExecuteAsync(CancellationToken ct) => Task.WhenAll(reporter.Run(ct), TellRecovered(ct));

    private async Task TellRecovered(CancellationToken ct)
    {
        if (journal.RecoveredConfirmed.IsCompleted) return;
        await journal.RecoveredConfirmed.WaitAsync(ct);
        enforcer.RequireCompleteTo(clock.GetUtcNow() + RecordedWithin);
        log.LogInformation("What the last run left is reported");
    }
}

public sealed class JournalHealth(UsageJournal journal, UsageReporter reporter) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken ct = default)
    {
        var data = new Dictionary<string, object>
        {
            ["bytes"] = journal.Bytes,
            ["open_calls"] = journal.OpenCalls,
            ["waiting_lines"] = journal.Waiting,
            ["connected"] = reporter.Connected,
        };
        return Task.FromResult(journal.Fault is { } fault ? HealthCheckResult.Unhealthy(fault, data: data) : HealthCheckResult.Healthy(data: data));
    }
}

public static class ReportingSetup
{
    private const long SegmentBytesMax = 16L << 20;

    public static void AddReporting(this WebApplicationBuilder builder, GatewaySettings gateway, Uri broker, GatewayRun run)
    {
        var home = builder.Configuration["TOKENSENSE_HOME"] is { Length: > 0 } set ? set : ".tokensense";
        var folder = gateway.JournalFolder is { Length: > 0 } named ? named : Path.Combine(home, "gateway-journal");
        builder.Services.AddSingleton(services => UsageJournal.Open(
            new JournalSettings(folder)
            {
                BytesMax = gateway.JournalBytesMax, SegmentBytesMax = Math.Min(SegmentBytesMax, gateway.JournalBytesMax / 8), SyncToDisk = gateway.JournalSync,
            }, Note(services)));
        builder.Services.AddSingleton(services => new UsageReporter(
            services.GetRequiredService<UsageJournal>(), new ReporterSettings(broker, run.GatewayId) { GatewayEpoch = run.Epoch }, services.GetRequiredService<TimeProvider>(), Note(services)));
        builder.Services.AddHostedService<Reporting>();
        builder.Services.AddHealthChecks().AddCheck<JournalHealth>("journal");
    }

    private static Action<string> Note(IServiceProvider services)
    {
        var log = services.GetRequiredService<ILogger<Reporting>>();
        return note => log.LogInformation("{Note}", note);
    }
}

using TokenSense.Contracts;
using TokenSense.Enforcement;
using TokenSense.Gateway.Providers;
using TokenSense.Gateway.Proxy;
using TokenSense.Pricing;
using Xunit;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Gateway;

/// <summary>Calls of gpt-4o that may go up, on a journal of their own.</summary>
internal sealed class AdmittedCalls : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = System.IO.Directory.CreateTempSubdirectory("tokensense-calls");
    private readonly UsageJournal _journal;

    public AdmittedCalls() => _journal = UsageJournal.Open(new(_folder.FullName) { SyncToDisk = false });

    public async Task<MeteredCall> Next()
    {
        var clock = TimeProvider.System;
        var enforcer = new Enforcer(new(TimeSpan.FromSeconds(60), FailOpen: true, Run: new("g", Id(9))));
        enforcer.Load(new() { Epoch = 1, CompleteTo = Now, Workspaces = [AWorkspace()], Projects = [AProject(Project, "alpha")], Keys = [AKey()], Spend = [] });
        var (decision, reservation) = await new Reservations(enforcer, new(enforcer, clock), clock).Reserve(Secret, null, 1, TestContext.Current.CancellationToken);
        var book = PriceBook.Default;
        var line = new UsageLine
        {
            Id = Guid.CreateVersion7().ToString(), Time = clock.GetUtcNow(), KeyId = Key, Provider = "openai", Model = "gpt-4o",
            Usage = new() { InputTokens = 10, OutputTokens = 10 },
        };
        return await MeteredCall.Admit(_journal, book, reservation!, line, decision, new Provider(book.FindProvider("openai")!, "http://x", "k", TimeSpan.FromSeconds(1)), clock, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}

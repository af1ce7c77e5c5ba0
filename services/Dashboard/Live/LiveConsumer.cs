using MassTransit;
using TokenSense.Contracts;

namespace TokenSense.Dashboard.Live;

/// <summary>Hears of every change on the bus: that something changed, not what it is now; pages read that in the name of who looks.</summary>
public sealed class LiveConsumer(LiveChanges live) :
    IConsumer<SpendChanged>, IConsumer<WorkspaceChanged>, IConsumer<ProjectChanged>, IConsumer<ApiKeyChanged>, IConsumer<MemberChanged>, IConsumer<CredentialChanged>, IConsumer<WorkspaceThingChanged>, IConsumer<PricesChanged>,
    IConsumer<BudgetSet>, IConsumer<BudgetRemoved>, IConsumer<UsageRecorded>, IConsumer<UsageRejected>, IConsumer<KeysUsed>,
    IConsumer<AlertRaised>, IConsumer<AlertClosed>, IConsumer<AlertDelivered>, IConsumer<AlertDeliveryFailed>
{
    // KeyRegistry writes down what the same message says: by then it has.
    private static readonly TimeSpan KeysKnownAfter = TimeSpan.FromMilliseconds(500);

    public Task Consume(ConsumeContext<SpendChanged> context) => Tell(context.Message.WorkspaceId, Subject.Spend);
    public Task Consume(ConsumeContext<WorkspaceChanged> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<ProjectChanged> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<ApiKeyChanged> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<MemberChanged> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<PricesChanged> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<WorkspaceThingChanged> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<BudgetSet> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<BudgetRemoved> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<UsageRecorded> context) => Tell(context.Message.WorkspaceId, Subject.Usage);
    public Task Consume(ConsumeContext<AlertRaised> context) => Tell(context.Message.WorkspaceId, Subject.Alerts);
    public Task Consume(ConsumeContext<AlertClosed> context) => Tell(context.Message.WorkspaceId, Subject.Alerts);
    public Task Consume(ConsumeContext<AlertDelivered> context) => Tell(context.Message.WorkspaceId, Subject.Alerts);
    public Task Consume(ConsumeContext<AlertDeliveryFailed> context) => Tell(context.Message.WorkspaceId, Subject.Alerts);

    public Task Consume(ConsumeContext<UsageRejected> context) => context.Message.WorkspaceId is { } workspace ? Tell(workspace, Subject.Kept) : Task.CompletedTask;

    public Task Consume(ConsumeContext<CredentialChanged> context)
    {
        foreach (var workspace in context.Message.Workspaces ?? []) live.Tell(workspace, Subject.Things);
        return Task.CompletedTask;
    }

    public async Task Consume(ConsumeContext<KeysUsed> context)
    {
        await Task.Delay(KeysKnownAfter, context.CancellationToken);
        live.TellAll(Subject.KeyUse);
    }

    private Task Tell(Guid workspaceId, Subject subject)
    {
        live.Tell(workspaceId, subject);
        return Task.CompletedTask;
    }
}

/// <summary>After a broken connection everything is read again.</summary>
public sealed class LiveReturn(LiveChanges live) : IReceiveEndpointObserver
{
    public Task Ready(ReceiveEndpointReady ready)
    {
        live.TellAll();
        return Task.CompletedTask;
    }

    public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;
    public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;
    public Task Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;
}

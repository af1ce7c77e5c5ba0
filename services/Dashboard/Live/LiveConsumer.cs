using MassTransit;
using TokenSense.Contracts;

namespace TokenSense.Dashboard.Live;

/// <summary>Hears of every change on the bus.</summary>
public sealed class LiveConsumer(LiveChanges live) :
    IConsumer<SpendChanged>, IConsumer<WorkspaceChanged>, IConsumer<ProjectChanged>, IConsumer<ApiKeyChanged>, IConsumer<MemberChanged>, IConsumer<PricesChanged>,
    IConsumer<AlertRaised>, IConsumer<AlertClosed>, IConsumer<AlertDelivered>, IConsumer<AlertDeliveryFailed>
{
    public Task Consume(ConsumeContext<SpendChanged> context) => Tell(context.Message.WorkspaceId, Subject.Spend);
    public Task Consume(ConsumeContext<WorkspaceChanged> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<ProjectChanged> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<ApiKeyChanged> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<MemberChanged> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<PricesChanged> context) => Tell(context.Message.WorkspaceId, Subject.Things);
    public Task Consume(ConsumeContext<AlertRaised> context) => Tell(context.Message.WorkspaceId, Subject.Alerts);
    public Task Consume(ConsumeContext<AlertClosed> context) => Tell(context.Message.WorkspaceId, Subject.Alerts);
    public Task Consume(ConsumeContext<AlertDelivered> context) => Tell(context.Message.WorkspaceId, Subject.Alerts);
    public Task Consume(ConsumeContext<AlertDeliveryFailed> context) => Tell(context.Message.WorkspaceId, Subject.Alerts);

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

using JasperFx.Events;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;

namespace TokenSense.Metering.Usage;

/// <summary>One stored event, one message, with the event's id.</summary>
public sealed class UsageRelay : IRelayRendering
{
    public ValueTask<IReadOnlyList<Outgoing>> Render(IReadOnlyList<IEvent> page, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<Outgoing>>([.. page.Select(stored => new Outgoing(Message(stored.Data), stored.Id))]);

    private static object Message(object happened) => happened switch
    {
        UsageEvent.UsageRecorded e => new UsageRecorded { WorkspaceId = e.WorkspaceId, RecordedAt = e.At, Lines = [.. e.Lines.Select(Line)] },
        UsageEvent.UsageRefused e => new UsageRejected
        {
            GatewayId = e.GatewayId, Index = e.Index, Source = e.Source, Id = e.Id, Status = e.Status, Code = e.Code, Message = e.Message,
        },
        _ => throw new InvalidOperationException($"The relay has no message for {happened.GetType().Name}."),
    };

    private static RecordedLine Line(MeteredLine line) => new()
    {
        UsageId = line.UsageId, Reporter = line.Reporter, Source = line.Source, Id = line.Id, Time = line.Time, Period = line.Period,
        KeyId = line.KeyId, ProjectId = line.ProjectId, KeyProjectId = line.KeyProjectId, Provider = line.Provider, Model = line.Model,
        Usage = line.Usage.ByClass(), CostUsd = line.CostUsd, PriceVersion = line.Price?.BookVersion, Estimated = line.Estimated,
        GatewayEpoch = line.GatewayEpoch, ReportedCostUsd = line.ReportedCostUsd,
    };
}

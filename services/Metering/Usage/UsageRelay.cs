using JasperFx.Events;
using TokenSense.Contracts;
using TokenSense.Metering.Prices;
using TokenSense.ServiceDefaults;

namespace TokenSense.Metering.Usage;

/// <summary>One stored event of usage or prices, one message, with the event's id. Who dealt with a kept line is told to nobody.</summary>
public sealed class UsageRelay : IRelayRendering
{
    public ValueTask<IReadOnlyList<Outgoing>> Render(IReadOnlyList<IEvent> page, CancellationToken ct) =>
        ValueTask.FromResult<IReadOnlyList<Outgoing>>([.. page.Where(stored => stored.Data is UsageEvent or PricesEvent).Select(stored => new Outgoing(Message(stored.Data), stored.Id))]);

    private static object Message(object happened) => happened switch
    {
        UsageEvent.UsageRecorded e => new UsageRecorded { WorkspaceId = e.WorkspaceId, RecordedAt = e.At, Lines = [.. e.Lines.Select(Line)] },
        UsageEvent.UsageRefused e => new UsageRejected
        {
            WorkspaceId = e.WorkspaceId, GatewayId = e.GatewayId, Index = e.Index, Source = e.Source, Id = e.Id,
            Status = e.Status, Code = e.Code, Message = e.Message, At = e.At,
        },
        UsageEvent.ModelUnpriced e => new ModelUnpriced
        {
            WorkspaceId = e.WorkspaceId, Provider = e.Provider, Model = e.Model, Period = e.Period, FirstUsage = new(e.Source, e.Id), At = e.At,
        },
        UsageEvent.ModelPriced e => new ModelPriced { WorkspaceId = e.WorkspaceId, Provider = e.Provider, Model = e.Model, Period = e.Period, At = e.At },
        UsageEvent.KeptCleared e => new KeptUsageCleared { WorkspaceId = e.WorkspaceId, GatewayId = e.GatewayId, Status = e.Status, At = e.At },
        PricesEvent.PricesSet e => new PricesChanged { WorkspaceId = e.WorkspaceId, Providers = e.Providers, Version = e.Revision },
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

using System.Globalization;
using MassTransit;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;

namespace TokenSense.Notifier.Alerts;

/// <summary>Usage that does not count as it should: an item for a model without a price each month, one for conflicts and one for rejected lines of a gateway while one stands open.</summary>
public sealed class UsageConsumer(AlertDesk desk, TimeProvider clock) : IConsumer<ModelUnpriced>, IConsumer<UsageRejected>
{
    private const int DetailLengthMax = 500;

    // A relay that was set back tells old ones again; nobody has to act on those now.
    private static readonly TimeSpan AgeMax = TimeSpan.FromDays(1);

    public Task Consume(ConsumeContext<ModelUnpriced> context) => context.WithoutLoss(async ct =>
    {
        var e = context.Message;
        var model = $"{e.Provider}/{e.Model}";
        await desk.Raise(
            NamedId.Of(e.WorkspaceId, AlertKind.UnpricedModel, model, e.Period), e.WorkspaceId,
            new AlertSubject(AlertKind.UnpricedModel, "model", null, model, Period: e.Period, CrossedBy: e.FirstUsage), e.At, unlessOpen: false, except: null, ct);
    });

    public Task Consume(ConsumeContext<UsageRejected> context) => context.WithoutLoss(async ct =>
    {
        var e = context.Message;
        // A line whose key nobody knows is no workspace's: it is told on the bus alone.
        if (e.WorkspaceId is not { } workspaceId) return;
        var at = e.At ?? clock.GetUtcNow();
        if (clock.GetUtcNow() - at > AgeMax) return;
        var kind = e.Status == "conflict" ? AlertKind.UsageConflict : AlertKind.UsageRejected;
        var reporter = e.GatewayId ?? "API key";
        var detail = $"{e.Code}: {e.Message}";
        var usage = e is { Source: { } source, Id: { } id } ? new UsageReference(source, id) : null;
        // The message's id tells one occurrence from the next, so that a dismissed item comes again with new ones.
        var occurrence = context.MessageId?.ToString("N") ?? e.Index.ToString(CultureInfo.InvariantCulture);
        await desk.Raise(
            NamedId.Of(workspaceId, kind, reporter, occurrence), workspaceId,
            new AlertSubject(kind, "gateway", null, reporter, CrossedBy: usage, Detail: detail.Length > DetailLengthMax ? detail[..DetailLengthMax] : detail),
            at, unlessOpen: true, except: null, ct);
    });
}

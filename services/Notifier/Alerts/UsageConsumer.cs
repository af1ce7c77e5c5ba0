using System.Globalization;
using MassTransit;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Notifier.Alerts;

/// <summary>Usage that does not count as it should: an item for a model without a price each month, one for conflicts and one for rejected lines of a gateway while one stands open.</summary>
/// <remarks>They are over when the model has a price or its month ends, and when nothing of the gateway is kept aside any more.</remarks>
public sealed class UsageConsumer(AlertDesk desk, Calendars calendars, TimeProvider clock)
    : IConsumer<ModelUnpriced>, IConsumer<ModelPriced>, IConsumer<UsageRejected>, IConsumer<KeptUsageCleared>
{
    private const int DetailLengthMax = 500;

    // A relay that was set back tells old ones again; nobody has to act on those now.
    private static readonly TimeSpan AgeMax = TimeSpan.FromDays(1);

    public Task Consume(ConsumeContext<ModelUnpriced> context) => context.WithoutLoss(async ct =>
    {
        var e = context.Message;
        var model = NameOf(e.Provider, e.Model);
        // Late usage of a month that is over stands until somebody has seen to it.
        var ends = (await calendars.Of(e.WorkspaceId, ct))?.EndsAt(e.Period);
        await desk.Raise(
            NamedId.Of(e.WorkspaceId, AlertKind.UnpricedModel, model, e.Period, e.FirstUsage.Source, e.FirstUsage.Id), e.WorkspaceId,
            new AlertSubject(AlertKind.UnpricedModel, "model", null, model, Period: e.Period, ResetsAt: ends > e.At ? ends : null, CrossedBy: e.FirstUsage),
            e.At, unlessOpen: false, except: null, ct);
    });

    public Task Consume(ConsumeContext<ModelPriced> context) => context.WithoutLoss(ct =>
    {
        var e = context.Message;
        return desk.Resolve(
            e.WorkspaceId, AlertKind.UnpricedModel, "model", null, NameOf(e.Provider, e.Model), a => a.Subject.Period == e.Period && a.RaisedAt <= e.At, ct);
    });

    public Task Consume(ConsumeContext<UsageRejected> context) => context.WithoutLoss(async ct =>
    {
        var e = context.Message;
        // A line whose key nobody knows is no workspace's: it is told on the bus alone.
        if (e.WorkspaceId is not { } workspaceId) return;
        var at = e.At ?? clock.GetUtcNow();
        if (clock.GetUtcNow() - at > AgeMax) return;
        var (kind, reporter) = (KindOf(e.Status), ReporterOf(e.GatewayId));
        var detail = $"{e.Code}: {e.Message}";
        var usage = e is { Source: { } source, Id: { } id } ? new UsageReference(source, id) : null;
        // The message's id tells one occurrence from the next, so that a dismissed item comes again with new ones.
        var occurrence = context.MessageId?.ToString("N") ?? e.Index.ToString(CultureInfo.InvariantCulture);
        await desk.Raise(
            NamedId.Of(workspaceId, kind, reporter, occurrence), workspaceId,
            new AlertSubject(kind, "gateway", null, reporter, CrossedBy: usage, Detail: detail.Length > DetailLengthMax ? detail[..DetailLengthMax] : detail),
            at, unlessOpen: true, except: null, ct);
    });

    public Task Consume(ConsumeContext<KeptUsageCleared> context) => context.WithoutLoss(ct =>
    {
        var e = context.Message;
        return desk.Resolve(e.WorkspaceId, KindOf(e.Status), "gateway", null, ReporterOf(e.GatewayId), a => a.RaisedAt <= e.At, ct);
    });

    private static string NameOf(string provider, string model) => $"{provider}/{model}";

    private static string KindOf(string status) => status == "conflict" ? AlertKind.UsageConflict : AlertKind.UsageRejected;

    private static string ReporterOf(string? gatewayId) => gatewayId ?? "API key";
}

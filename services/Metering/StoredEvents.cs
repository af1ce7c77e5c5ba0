using Marten;
using TokenSense.Metering.Prices;
using TokenSense.Metering.Usage;
using TokenSense.ServiceDefaults.Audit;

namespace TokenSense.Metering;

/// <summary>The names by which events are stored, for ever, and which of them somebody made.</summary>
public static class StoredEvents
{
    public static readonly AuditCatalog Audited = new(
    [
        AuditedStream.Of<KeptLine, KeptLineEvent>(
            (line, happened) => KeptLine.Evolve(line!, happened), l => new("kept_line", $"{l.Id}", l.UsageId), l => new { l.Status, l.Code },
            [new("kept-line-dismissed", "kept_line.dismissed"), new("kept-line-retried", "kept_line.retried")],
            begin: happened => KeptLine.New(happened.Line)),
        AuditedStream.Of<WorkspacePrices, PricesEvent>(
            (prices, happened) => WorkspacePrices.Evolve(prices!, happened), p => new("prices", $"{p.WorkspaceId}", null), p => p.ByModel(),
            [new("prices-set", "prices.set")],
            begin: happened => WorkspacePrices.None(((PricesEvent.PricesSet)happened).WorkspaceId)),
    ],
    MachineFacts: ["usage-recorded", "usage-refused", "model-unpriced", "model-priced", "kept-usage-cleared"]);

    public static void Pin(StoreOptions options)
    {
        options.Events.MapEventType<UsageEvent.UsageRecorded>("usage-recorded");
        options.Events.MapEventType<UsageEvent.UsageRefused>("usage-refused");
        options.Events.MapEventType<UsageEvent.ModelUnpriced>("model-unpriced");
        options.Events.MapEventType<UsageEvent.ModelPriced>("model-priced");
        options.Events.MapEventType<UsageEvent.KeptCleared>("kept-usage-cleared");
        options.Events.MapEventType<KeptLineEvent.LineDismissed>("kept-line-dismissed");
        options.Events.MapEventType<KeptLineEvent.LineRetried>("kept-line-retried");
        options.Events.MapEventType<PricesEvent.PricesSet>("prices-set");
    }
}

using TokenSense.Contracts;

namespace TokenSense.Budgets.Spend;

/// <summary>A call as the run of the gateway that saw it counts it. USD as reported, whatever it costs by Metering's book.</summary>
public sealed record GatewayFigure(string Gateway, Guid Epoch, decimal CostUsd)
{
    private const string Reporter = "gateway:";

    /// <returns>
    /// Null where no gateway counts the line: an API key reported it for itself, it names no run, or it came without a cost. A gateway
    /// adds up costs, so a line without one is nothing in its sum and must be none among the lines that are told as included.
    /// </returns>
    /// <remarks>A line with a reported cost has a cost, the book's or its own, so whatever is included moves spend and with it a version.</remarks>
    public static GatewayFigure? Of(RecordedLine line) =>
        line is { GatewayEpoch: { } epoch, ReportedCostUsd: { } cost } && line.Reporter.StartsWith(Reporter, StringComparison.Ordinal)
            ? new(line.Reporter[Reporter.Length..], epoch, cost)
            : null;
}

/// <summary>What a scope of a month (a key, or null for the stream's own) includes more of one gateway run.</summary>
public sealed record Inclusion(Guid? KeyId, string Gateway, Guid Epoch, long Lines, decimal CostUsd)
{
    /// <summary>Of the charges themselves: a total includes a call exactly where that call was added to the spend.</summary>
    public static IEnumerable<Inclusion> Of(IReadOnlyCollection<Charge> charges) =>
        Sum(charges, _ => null).Concat(Sum(charges.Where(charge => charge.KeyId is not null), charge => charge.KeyId));

    private static IEnumerable<Inclusion> Sum(IEnumerable<Charge> charges, Func<Charge, Guid?> scope) =>
        charges.Where(charge => charge.Own is not null).GroupBy(charge => (Scope: scope(charge), charge.Own!.Gateway, charge.Own.Epoch))
            .Select(run => new Inclusion(run.Key.Scope, run.Key.Gateway, run.Key.Epoch, run.Count(), run.Sum(charge => charge.Own!.CostUsd)));
}

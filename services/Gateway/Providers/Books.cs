using TokenSense.Enforcement;
using TokenSense.Pricing;

namespace TokenSense.Gateway.Providers;

/// <summary>The prices that count for a workspace: the book, behind those that it set for itself.</summary>
public sealed class Books(OwnBooks own, Enforcer enforcer, ILogger<Books> log)
{
    public PriceBook Of(Guid workspaceId) =>
        enforcer.PricesOf(workspaceId) is not { } prices ? own.Default : own.Find(workspaceId, prices.Version) ?? Make(prices);

    private PriceBook Make(Contracts.PricesChanged prices)
    {
        try
        {
            return own.Make(prices.WorkspaceId, prices.Version, prices.Providers);
        }
        catch (FormatException e)
        {
            // Of a newer release: what is recorded is priced by Metering, which can read them.
            log.LogError("The own prices of workspace {Workspace} cannot be read, the book's count here: {Reason}", prices.WorkspaceId, e.Message);
            return own.Keep(prices.WorkspaceId, prices.Version, own.Default);
        }
    }
}

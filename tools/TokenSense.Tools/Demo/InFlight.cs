using RabbitMQ.Client;
using TokenSense.Contracts;

namespace TokenSense.Tools.Demo;

/// <summary>Keeps what was served and is not settled yet below a bound, as a gateway does (product decision 5): so that a budget is overshot by little.</summary>
public sealed class InFlight(decimal boundUsd) : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(2);
    // A state that got lost is made up for by the next; without a next one nothing is gained by waiting longer.
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private decimal _servedUsd;
    private decimal _settledUsd;
    private Subscription? _subscription;

    public static async Task<InFlight> Watch(IConnection connection, Guid workspaceId, decimal boundUsd, CancellationToken ct)
    {
        var flight = new InFlight(boundUsd);
        flight._subscription = await Subscription.Open<SpendChanged>(connection, state =>
        {
            if (state.ScopeId == workspaceId) flight.Settle(state.SpentUsd);
        }, ct);
        return flight;
    }

    public void Serve(decimal usd)
    {
        lock (_gate) _servedUsd += usd;
    }

    public async Task Room(CancellationToken ct)
    {
        for (var waited = TimeSpan.Zero; IsFull() && waited < WaitMax; waited += Step) await Task.Delay(Step, ct);
    }

    public ValueTask DisposeAsync() => _subscription?.DisposeAsync() ?? ValueTask.CompletedTask;

    private bool IsFull()
    {
        lock (_gate) return _servedUsd - _settledUsd > boundUsd;
    }

    // Totals may overtake each other.
    private void Settle(decimal spentUsd)
    {
        lock (_gate) _settledUsd = Math.Max(_settledUsd, spentUsd);
    }
}

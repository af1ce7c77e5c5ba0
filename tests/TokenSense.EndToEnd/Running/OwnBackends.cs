using Xunit;

namespace TokenSense.EndToEnd.Running;

/// <summary>A PostgreSQL and a RabbitMQ that the tests of a class may kill: started once for all of them.</summary>
/// <typeparam name="T">The class.</typeparam>
public sealed class OwnBackends<T> : IAsyncLifetime
{
    private Backends _backends = null!;

    public async ValueTask InitializeAsync() => _backends = await Backends.Private(typeof(T).Name.ToLowerInvariant());

    /// <summary>Both running, whatever the test before left.</summary>
    public async Task<Backends> Running()
    {
        await _backends.Up();
        return _backends;
    }

    public async ValueTask DisposeAsync() => await _backends.Purge();
}

using TokenSense.EndToEnd.Running;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

[assembly: Parallelization(Mode = ParallelMode.None)]

namespace TokenSense.EndToEnd.Running;

/// <summary>One stack for all tests that break nothing; each test has a workspace of its own.</summary>
public sealed class SharedStack : IAsyncLifetime
{
    public Stack Stack { get; private set; } = null!;

    private Backends _backends = null!;

    public async ValueTask InitializeAsync() => Stack = await Stack.Up(_backends = await Backends.Shared());

    public async ValueTask DisposeAsync()
    {
        await Stack.DisposeAsync();
        await _backends.Purge();
    }
}

[CollectionDefinition(nameof(SharedStack))]
public sealed class SharedStackCollection : ICollectionFixture<SharedStack>;

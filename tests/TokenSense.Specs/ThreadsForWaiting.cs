using System.Runtime.CompilerServices;

namespace TokenSense.Specs;

internal static class ThreadsForWaiting
{
    /// <summary>Samples fill the pool with work that takes long; what only goes on with a wait must not stand behind it until the pool grows.</summary>
    [ModuleInitializer]
    internal static void Ensure() => ThreadPool.SetMinThreads(16, 16);
}

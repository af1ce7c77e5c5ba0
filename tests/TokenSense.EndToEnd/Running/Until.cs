using System.Diagnostics;
using Npgsql;

namespace TokenSense.EndToEnd.Running;

/// <summary>Waits for a condition with a deadline, and says what was last seen when it does not come.</summary>
public static class Until
{
    public static async Task<T> Seen<T>(Func<Task<T>> look, Func<T, bool> isThere, string what, int secondsMax = 30)
    {
        var watch = Stopwatch.StartNew();
        T? last = default;
        Exception? fault = null;
        while (watch.Elapsed < TimeSpan.FromSeconds(secondsMax))
        {
            try
            {
                last = await look();
                fault = null;
                if (isThere(last)) return last;
            }
            // No connection, or no answer in the client's own time: looked at again.
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException or NpgsqlException { IsTransient: true })
            {
                fault = e;
            }
            await Task.Delay(20);
        }
        throw new TimeoutException($"{what} was not seen within {secondsMax} s; last: {fault?.Message ?? last?.ToString()}");
    }
}

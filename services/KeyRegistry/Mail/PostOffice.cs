using System.Threading.Channels;
using TokenSense.ServiceDefaults.Mail;

namespace TokenSense.KeyRegistry.Mail;

/// <summary>Writes and sends mail behind the answers: a few at a time, each tried a few times, and no more waiting than its places.</summary>
/// <remarks>In memory alone, because a one-time token may be in no message and in no table: what a restart loses is asked for again.</remarks>
public sealed class PostOffice(Postbox postbox, TimeProvider clock, ILogger<PostOffice> log) : BackgroundService
{
    private const int PlacesMax = 512, AtOnceMax = 4;
    private static readonly TimeSpan[] Waits = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(20)];

    private readonly Channel<Func<CancellationToken, Task<Letter?>>> _waiting =
        Channel.CreateBounded<Func<CancellationToken, Task<Letter?>>>(new BoundedChannelOptions(PlacesMax) { FullMode = BoundedChannelFullMode.Wait });

    /// <param name="write">Writes the letter; null: there is nobody to write to.</param>
    public void Post(Func<CancellationToken, Task<Letter?>> write)
    {
        if (!_waiting.Writer.TryWrite(write)) log.LogWarning("A mail is left out: {Count} wait already", PlacesMax);
    }

    public void Post(Letter letter) => Post(_ => Task.FromResult<Letter?>(letter));

    protected override Task ExecuteAsync(CancellationToken ct) => Task.WhenAll(Enumerable.Range(0, AtOnceMax).Select(_ => Work(ct)));

    private async Task Work(CancellationToken ct)
    {
        await foreach (var write in _waiting.Reader.ReadAllAsync(ct)) await Send(write, ct);
    }

    private async Task Send(Func<CancellationToken, Task<Letter?>> write, CancellationToken ct)
    {
        Letter? letter = null;
        for (var tries = 0; ; tries++)
        {
            try
            {
                letter ??= await write(ct);
                if (letter is not null) await postbox.Hand(letter.Mail(postbox.From), letter.At, letter.Name, ct);
                return;
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                // What servers say in words may hold the address.
                if (tries == Waits.Length)
                {
                    log.LogWarning("A mail was not sent after {Tries} tries: {Fault}", tries + 1, e.GetType().Name);
                    return;
                }
                await Task.Delay(Waits[tries], clock, ct);
            }
        }
    }
}

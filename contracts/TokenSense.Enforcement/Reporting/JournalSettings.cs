namespace TokenSense.Enforcement;

/// <param name="Folder">One process at a time has it; made with mode 0700 where it is missing.</param>
public sealed record JournalSettings(string Folder)
{
    /// <summary>A longer line, as JSON, is the caller's mistake: Metering takes none that comes near.</summary>
    public const int LineBytesMax = 65_536;

    /// <summary>What the journal may take of the disk. New calls are refused where they and what is open would pass it.</summary>
    /// <remarks>A call takes about 770 bytes until it is confirmed: 2 GiB hold an hour of 700 calls a second.</remarks>
    public long BytesMax { get; init; } = 2L << 30;

    /// <summary>The size of one file; at most an eighth of <see cref="BytesMax"/>.</summary>
    public long SegmentBytesMax { get; init; } = 16L << 20;

    /// <summary>True: what completed survives a power cut. False: it survives the death of the process, not of the machine.</summary>
    public bool SyncToDisk { get; init; } = true;

    /// <summary>Called before each write, so that a test can be a disk that refuses.</summary>
    internal Action? BeforeWrite { get; init; }

    internal void Check()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(SegmentBytesMax, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(SegmentBytesMax, BytesMax / 8);
    }
}

/// <summary>The journal takes no new calls now: it is full, or the disk refuses. The message may be shown to a client.</summary>
public sealed class JournalUnavailableException(string message, Exception? inner = null) : IOException(message, inner)
{
    internal static JournalUnavailableException Full() => new("The gateway's usage journal is full. This is not a billing decision, retry shortly.");

    internal static JournalUnavailableException Faulted(Exception? inner = null) =>
        new("The gateway cannot write its usage journal now. This is not a billing decision, retry shortly.", inner);
}

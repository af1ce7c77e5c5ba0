namespace TokenSense.Contracts;

/// <summary>All usage recorded by <see cref="RecordedTo"/> was sent before this, into the same queue. A Metering that stands still goes silent.</summary>
public sealed record MeteringHeartbeat
{
    public required DateTimeOffset RecordedTo { get; init; }

    /// <summary>The message id of the last <see cref="UsageRecorded"/> until then; null where there was none.</summary>
    public Guid? LastMessageId { get; init; }
}

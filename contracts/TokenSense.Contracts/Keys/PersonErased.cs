namespace TokenSense.Contracts;

/// <summary>A person was deleted: whoever keeps network addresses or names that belong to this id erases them.</summary>
/// <remarks>May repeat; what an earlier message left behind is told by its id too, for ever.</remarks>
public sealed record PersonErased
{
    public required Guid UserId { get; init; }
    public required long Version { get; init; }
}

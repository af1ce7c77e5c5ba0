namespace TokenSense.Contracts;

/// <summary>A reported line that does not count, and why. Nothing else of its batch suffers.</summary>
public sealed record UsageRejected
{
    /// <summary>Whose key the line named; null where no key was found.</summary>
    public Guid? WorkspaceId { get; init; }

    /// <summary>As reported, or null where it could not be read.</summary>
    public string? GatewayId { get; init; }

    /// <summary>The line's place in its message.</summary>
    public required int Index { get; init; }

    public string? Source { get; init; }
    public string? Id { get; init; }

    /// <summary><c>rejected</c> or <c>conflict</c>.</summary>
    public required string Status { get; init; }

    /// <summary>A stable code, as in the answer of <c>POST /api/v1/usage</c>.</summary>
    public required string Code { get; init; }

    public required string Message { get; init; }

    /// <summary>When it was refused.</summary>
    public DateTimeOffset? At { get; init; }
}

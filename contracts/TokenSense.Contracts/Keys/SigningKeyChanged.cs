namespace TokenSense.Contracts;

/// <summary>A public key by which services verify access tokens without asking anyone.</summary>
public sealed record SigningKeyChanged
{
    /// <summary>The <c>kid</c> of tokens signed with it.</summary>
    public required Guid SigningKeyId { get; init; }

    /// <summary>RFC 7517 JSON Web Key, public members only.</summary>
    public required string Jwk { get; init; }

    /// <summary>Tokens signed with it are refused from then on; null: in use.</summary>
    public DateTimeOffset? NotAfter { get; init; }

    public required long Version { get; init; }
}

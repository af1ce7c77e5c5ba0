namespace TokenSense.Dashboard.Client;

/// <summary>Where clients call models: the gateway's address as people reach it.</summary>
public sealed record GatewayAddress(string Url)
{
    public static GatewayAddress From(IConfiguration settings) => new((settings["TOKENSENSE_PUBLIC_GATEWAY_URL"] is { Length: > 0 } given
        ? given
        : $"http://127.0.0.1:{settings["TOKENSENSE_GATEWAY_PORT"] ?? "8081"}").TrimEnd('/'));
}

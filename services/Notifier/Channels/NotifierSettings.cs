using System.Globalization;

namespace TokenSense.Notifier.Channels;

/// <summary><c>Notifier__…</c></summary>
public sealed record NotifierSettings
{
    /// <summary>Webhooks and chat may lead to the operator's own network, and need no TLS. Whoever manages channels can then reach what this service can reach.</summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>How long a gateway may be silent before it is told of; six heartbeats by default.</summary>
    public int GatewaySilentSeconds { get; init; } = 60;

    public static NotifierSettings Of(IConfiguration settings)
    {
        string? Given(string name) => settings[$"Notifier:{name}"] is { Length: > 0 } text ? text : null;
        static InvalidOperationException Wrong(string name, string must) => new($"Notifier__{name} must be {must}.");
        var read = new NotifierSettings();
        if (Given(nameof(AllowPrivateAddresses)) is { } flag)
            read = read with { AllowPrivateAddresses = bool.TryParse(flag, out var allow) ? allow : throw Wrong(nameof(AllowPrivateAddresses), "true or false") };
        if (Given(nameof(GatewaySilentSeconds)) is { } number)
            read = read with
            {
                GatewaySilentSeconds = int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 15 and <= 86_400
                    ? seconds : throw Wrong(nameof(GatewaySilentSeconds), "15 to 86400"),
            };
        return read;
    }
}

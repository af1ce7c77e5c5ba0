using TokenSense.Contracts;

namespace TokenSense.ServiceDefaults;

/// <summary>Every durable queue of the system and what it takes. Each service declares all of them before it sends.</summary>
/// <remarks>So a message that a queue must take waits there even when its consumer never ran yet.</remarks>
public static class Queues
{
    public const string MeteringUsageReported = "metering-usage-reported";
    public const string MeteringDirectory = "metering-directory";
    public const string BudgetsDirectory = "budgets-directory";
    public const string BudgetsUsageRecorded = "budgets-usage-recorded";
    public const string NotifierDirectory = "notifier-directory";
    public const string NotifierAlerts = "notifier-alerts";
    public const string NotifierUsage = "notifier-usage";

    public const string KeyRegistryKeysUsed = "key-registry-keys-used";

    internal static readonly Type[] DirectoryTypes =
    [
        typeof(WorkspaceChanged), typeof(ProjectChanged), typeof(ApiKeyChanged),
        typeof(MemberChanged), typeof(CredentialChanged), typeof(SigningKeyChanged), typeof(SessionsEnded), typeof(PersonErased), typeof(PricesChanged),
    ];

    internal static readonly (string Queue, Type[] Takes)[] All =
    [
        (MeteringUsageReported, [typeof(UsageReported)]),
        (MeteringDirectory, DirectoryTypes),
        (BudgetsDirectory, DirectoryTypes),
        (BudgetsUsageRecorded, [typeof(UsageRecorded), typeof(MeteringHeartbeat)]),
        // Who people are is told to those alone who must reach them.
        (NotifierDirectory, [.. DirectoryTypes, typeof(PersonChanged)]),
        (NotifierAlerts, [typeof(ThresholdCrossed), typeof(ThresholdCleared)]),
        // Of a queue of its own: a reporter whose every line is refused must not stand before a crossing.
        (NotifierUsage, [typeof(UsageRejected), typeof(KeptUsageCleared), typeof(ModelUnpriced), typeof(ModelPriced)]),
        (KeyRegistryKeysUsed, [typeof(KeysUsed)]),
    ];

    /// <summary>What no durable queue takes, and others publish who may not declare its exchange.</summary>
    internal static readonly Type[] Announced = [typeof(GatewayHeartbeat), typeof(AlertRaised), typeof(AlertClosed), typeof(AlertDelivered), typeof(AlertDeliveryFailed)];

    /// <summary>A quorum queue keeps what is confirmed. Its delivery limit is one that nothing reaches, the same for every broker.</summary>
    /// <remarks>RabbitMQ 4 gives a message up after 20 deliveries unless told otherwise; told -1, RabbitMQ 3 drops it at its first redelivery (decision 0004).</remarks>
    internal static readonly IReadOnlyDictionary<string, object?> Arguments =
        new Dictionary<string, object?> { ["x-queue-type"] = "quorum", ["x-delivery-limit"] = 2_000_000_000 };

    internal static bool MustArrive(Type message) => All.Any(q => q.Takes.Contains(message));

    internal static string ExchangeOf(Type message) => $"{message.Namespace}:{message.Name}";
}

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

    internal static readonly Type[] DirectoryTypes =
    [
        typeof(WorkspaceChanged), typeof(ProjectChanged), typeof(ApiKeyChanged),
        typeof(MemberChanged), typeof(CredentialChanged), typeof(SigningKeyChanged),
    ];

    internal static readonly (string Queue, Type[] Takes)[] All =
    [
        (MeteringUsageReported, [typeof(UsageReported)]),
        (MeteringDirectory, DirectoryTypes),
        (BudgetsDirectory, DirectoryTypes),
        (BudgetsUsageRecorded, [typeof(UsageRecorded), typeof(MeteringHeartbeat)]),
    ];

    /// <summary>A quorum queue keeps what is confirmed. Its delivery limit is one that nothing reaches, the same for every broker.</summary>
    /// <remarks>RabbitMQ 4 gives a message up after 20 deliveries unless told otherwise; told -1, RabbitMQ 3 drops it at its first redelivery (decision 0004).</remarks>
    internal static readonly IReadOnlyDictionary<string, object?> Arguments =
        new Dictionary<string, object?> { ["x-queue-type"] = "quorum", ["x-delivery-limit"] = 2_000_000_000 };

    internal static bool MustArrive(Type message) => All.Any(q => q.Takes.Contains(message));

    internal static string ExchangeOf(Type message) => $"{message.Namespace}:{message.Name}";
}

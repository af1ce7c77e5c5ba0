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
        (BudgetsUsageRecorded, [typeof(UsageRecorded)]),
    ];

    internal static bool MustArrive(Type message) => All.Any(q => q.Takes.Contains(message));

    internal static string ExchangeOf(Type message) => $"{message.Namespace}:{message.Name}";
}

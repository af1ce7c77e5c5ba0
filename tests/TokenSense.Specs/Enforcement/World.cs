using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using TokenSense.Contracts;
using TokenSense.Enforcement;

namespace TokenSense.Specs.Enforcement;

/// <summary>A gateway that knows one workspace with a project and a key; each spec says what is different.</summary>
internal sealed class World
{
    public const string November = "2026-11";
    public static readonly Guid Workspace = Id(1), Project = Id(2), OtherProject = Id(3), Key = Id(4);
    public static readonly DateTimeOffset Now = At("2026-11-23T12:00:00Z");
    public static readonly string Secret = Make('a'), OlderSecret = Make('b');

    public World(EnforcementPolicy? policy = null)
    {
        Enforcer = new(policy);
        Enforcer.Load(new() { Epoch = 1, CompleteTo = Now, Workspaces = [AWorkspace()], Projects = [AProject(Project, "alpha"), AProject(OtherProject, "beta")], Keys = [AKey()], Spend = [] });
    }

    public Enforcer Enforcer { get; }

    public static Guid Id(int n) => new(n, 0, 0, new byte[8]);

    public static DateTimeOffset At(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);

    public static WorkspaceChanged AWorkspace(long version = 1, params TimeZoneFrom[] zones) => new()
    {
        WorkspaceId = Workspace, Slug = "acme", Name = "Acme", CreatedAt = At("2026-01-01T00:00:00Z"), Version = version,
        TimeZones = zones.Length == 0 ? [new(null, "UTC")] : zones,
    };

    public static ProjectChanged AProject(Guid id, string slug, long version = 1) =>
        new() { ProjectId = id, WorkspaceId = Workspace, Slug = slug, Name = slug, Color = "#123456", Version = version };

    /// <summary>Of the project alpha, unless said otherwise.</summary>
    public static ApiKeyChanged AKey(long version = 1) => new()
    {
        KeyId = Key, WorkspaceId = Workspace, ProjectId = Project, Name = "laptop", Scopes = ["call"], Secrets = [new(Hash(Secret), null)], Version = version,
    };

    public static SpendChanged Spend(string scope, decimal spent, decimal? budget, string? mode = "block", string period = November, long version = 1, long epoch = 1) => new()
    {
        Epoch = epoch, WorkspaceId = Workspace, Scope = scope, ScopeId = scope switch { "workspace" => Workspace, "project" => Project, _ => Key },
        Period = period, Version = version, SpentUsd = spent, BudgetUsd = budget, Mode = mode,
        ResetsAt = At(period + "-01T00:00:00Z").AddMonths(1),
    };

    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    public static string Make(char filling)
    {
        var body = ApiKeyFormat.Prefix + new string(filling, ApiKeyFormat.RandomLength);
        Span<char> checksum = stackalloc char[ApiKeyFormat.ChecksumLength];
        ApiKeyFormat.WriteChecksum(body, checksum);
        return body + checksum.ToString();
    }

    public World With(params object[] messages)
    {
        foreach (var message in messages) Apply(Enforcer, message);
        return this;
    }

    /// <summary>Heard of a moment ago, so that only what the spec is about is old.</summary>
    public Decision Call(string? project = null, DateTimeOffset? now = null, string? secret = null)
    {
        Enforcer.Apply(new BudgetsHeartbeat { Epoch = 1, CompleteTo = now ?? Now });
        return CallAsHeard(project, now, secret);
    }

    public Decision CallAsHeard(string? project = null, DateTimeOffset? now = null, string? secret = null) => Enforcer.Decide(secret ?? Secret, project, now ?? Now);

    public static void Apply(Enforcer enforcer, object message)
    {
        switch (message)
        {
            case WorkspaceChanged m: enforcer.Apply(m); break;
            case ProjectChanged m: enforcer.Apply(m); break;
            case ApiKeyChanged m: enforcer.Apply(m); break;
            case SpendChanged m: enforcer.Apply(m); break;
            case BudgetsHeartbeat m: enforcer.Apply(m); break;
            case UsageRejected m: enforcer.Apply(m); break;
            case EnforcementSnapshot m: enforcer.Load(m); break;
            default: throw new ArgumentException(message.GetType().Name, nameof(message));
        }
    }
}

using TokenSense.ServiceDefaults;

namespace TokenSense.Metering.Usage;

/// <summary>The one name of a billable fact: UUIDv5 over the length-prefixed parts, without time (architecture law 2).</summary>
public static class UsageName
{
    private static readonly Guid Namespace = new("6f0f3a52-3a0b-5d5c-9a50-4f5a5c1f6b11");

    public static Guid Of(Guid workspaceId, string reporter, string source, string id) =>
        Of(workspaceId.ToString("N"), reporter, source, id);

    /// <summary>A name of any parts.</summary>
    public static Guid Of(params ReadOnlySpan<string> parts) => NamedId.Of(Namespace, parts);
}

namespace TokenSense.Notifier.Channels;

/// <summary>The console's pages that messages lead to: all of these addresses are here.</summary>
public static class ConsoleLinks
{
    public static Uri Home(Notice notice) => To(notice, "");
    public static Uri Alert(Notice notice, Guid id) => To(notice, $"/alerts/{id}");
    public static Uri Usage(Notice notice) => To(notice, "/usage");
    public static Uri Channels(Notice notice) => To(notice, "/settings/channels");

    /// <summary>Where a scope's budget is set.</summary>
    public static Uri Budget(Notice notice, string scope) =>
        To(notice, scope switch { "project" => "/settings/projects", "key" => "/settings/keys", _ => "/settings/general" });

    private static Uri To(Notice notice, string page) =>
        new($"{notice.ConsoleUrl.AbsoluteUri.TrimEnd('/')}/w/{Uri.EscapeDataString(notice.WorkspaceSlug)}{page}");
}

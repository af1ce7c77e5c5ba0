using TokenSense.Contracts;
using TokenSense.Notifier.Channels;

namespace TokenSense.EndToEnd.Channels;

internal static class Notices
{
    /// <summary>A project's budget is used up, under names that try what they can.</summary>
    public static Notice New() => new(
        Guid.CreateVersion7(), Guid.CreateVersion7(), "Ümläut & <Söhne> 👋", "acme", TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"),
        [
            new(Guid.CreateVersion7(), AlertKind.BudgetThreshold, 100, "project", Guid.CreateVersion7(), "לקוח\r\nBcc: all@example.com", "block", "2026-11", 5.080075m, 5.08m,
                new(2026, 11, 23, 12, 5, 9, TimeSpan.Zero), new(2026, 11, 30, 23, 0, 0, TimeSpan.Zero), new("my-gateway", "req-1"), null),
        ],
        new Uri("http://127.0.0.1:8080"));
}

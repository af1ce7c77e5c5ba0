using Shouldly;
using TokenSense.ServiceDefaults.Audit;
using Xunit;

namespace TokenSense.Specs.Audit;

/// <summary>The parts of several services are one list.</summary>
public sealed class PagingSpecs
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(200)]
    public void Pages_of_three_parts_show_every_entry_once_newest_first_whatever_the_limit(int limit)
    {
        // Times repeat within a part and across parts.
        var parts = Enumerable.Range(0, 3).Select(part => Enumerable.Range(0, 20).Select(n => Entry(Start.AddSeconds(n * (part + 1) % 7))).ToList()).ToList();
        // The last pages are of one part alone.
        parts[0].AddRange(Enumerable.Range(1, 15).Select(n => Entry(Start.AddDays(-n))));
        var (shown, cursor) = (new List<AuditEntry>(), (AuditCursor?)null);
        do
        {
            var page = AuditPage.Merge([.. parts.Select(p => Page(p, limit, cursor))], limit);
            page.Data.Count.ShouldBeLessThanOrEqualTo(limit);
            shown.AddRange(page.Data);
            cursor = null;
            if (page.NextCursor is { } next) AuditCursor.TryRead(next, out cursor).ShouldBeTrue();
        }
        while (cursor is not null);
        shown.ShouldBe(parts.SelectMany(p => p).OrderByDescending(e => e.At).ThenByDescending(e => e.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1-2")]
    [InlineData("-1-00000000000000000000000000000000")]
    [InlineData("9999999999999999999-00000000000000000000000000000000")]
    public void What_is_no_place_in_the_log_is_refused(string cursor) => AuditCursor.TryRead(cursor, out _).ShouldBeFalse();

    [Theory]
    [InlineData("user:01900000-0000-7000-8000-000000000001", "user", "01900000-0000-7000-8000-000000000001")]
    [InlineData("token:01900000-0000-7000-8000-000000000001", "token", "01900000-0000-7000-8000-000000000001")]
    [InlineData("system", "system", "system")]
    [InlineData("notifier", "system", "notifier")]
    [InlineData(null, "system", "system")]
    public void Who_made_a_change_is_told_by_kind_and_id(string? by, string type, string id) => AuditActor.Of(by).ShouldBe(new AuditActor(type, id));

    private static AuditPage Page(IEnumerable<AuditEntry> part, int limit, AuditCursor? cursor)
    {
        var rest = part.Where(e => cursor is null || (e.At, e.Id).CompareTo((cursor.At, cursor.Id)) < 0).OrderByDescending(e => e.At).ThenByDescending(e => e.Id).ToList();
        return new([.. rest.Take(limit)], rest.Count > limit ? AuditCursor.Of(rest[limit - 1]).ToString() : null);
    }

    private static AuditEntry Entry(DateTimeOffset at) => new(Guid.NewGuid(), at, "key.created", new("key", "1", null), new("user", "1"), null, null, null);
}

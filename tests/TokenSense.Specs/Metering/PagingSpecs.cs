using Microsoft.AspNetCore.Http;
using Shouldly;
using TokenSense.Metering;
using Xunit;

namespace TokenSense.Specs.Metering;

public sealed class PagingSpecs
{
    private static readonly DateTimeOffset At = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_cursor_leads_back_to_the_row_that_it_was_made_from()
    {
        var rows = Enumerable.Range(0, 3).Select(n => (Time: At.AddTicks(-10 * n), Id: Guid.NewGuid())).ToList();
        var page = (await Read("limit=2")).Of(rows, r => r);
        page.Data.Count.ShouldBe(2);
        var next = await Read($"cursor={page.NextCursor}");
        (next.Limit, next.BeforeTime, next.BeforeId, next.Errors.Count).ShouldBe((50, rows[1].Time, rows[1].Id, 0));
    }

    [Fact]
    public async Task The_last_page_has_no_cursor() => (await Read("limit=2")).Of([(At, Guid.Empty), (At, Guid.Empty)], r => r).NextCursor.ShouldBeNull();

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=201", "limit")]
    [InlineData("limit=x&cursor=7", "limit,cursor")]
    [InlineData("cursor=7", "cursor")]
    [InlineData("cursor=99999999999999999999-00000000000000000000000000000000", "cursor")]
    [InlineData("cursor=7-8", "cursor")]
    public async Task What_no_list_gave_is_refused_all_at_once(string query, string fields) =>
        string.Join(',', (await Read(query)).Errors.Keys).ShouldBe(fields);

    private static ValueTask<Paging> Read(string query) =>
        Paging.BindAsync(new DefaultHttpContext { Request = { QueryString = new($"?{query}") } }, null!);
}

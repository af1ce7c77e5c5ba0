using Shouldly;
using TokenSense.Tools;
using TokenSense.Tools.Demo;
using Xunit;

namespace TokenSense.Specs.Tools;

public sealed class TraceSpecs
{
    private const string Header = "TIMESTAMP,ContextTokens,GeneratedTokens\n";

    [Fact]
    public void Calls_arrive_as_long_after_the_first_as_their_timestamps_say() =>
        Read(Header + "2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:05.2299600,3180,8\n")
            .ShouldBe([new(TimeSpan.Zero, 4_808, 10), new(TimeSpan.FromSeconds(1.25), 3_180, 8)]);

    [Fact]
    public void Columns_are_found_by_name_and_others_are_passed_over() =>
        Read("GeneratedTokens,Region,TIMESTAMP,ContextTokens\n10,eu,2023-11-16 18:17:03,4808\n").ShouldBe([new(TimeSpan.Zero, 4_808, 10)]);

    [Fact]
    public void A_trace_that_is_not_in_order_is_replayed_in_order() =>
        Read(Header + "2023-11-16 18:17:05,2,2\n2023-11-16 18:17:03,1,1\n").Select(c => c.ContextTokens).ShouldBe([1, 2]);

    [Fact]
    public void Only_as_many_calls_are_read_as_were_asked_for() =>
        Read(Header + "2023-11-16 18:17:03,1,1\n2023-11-16 18:17:04,2,2\nnever read\n", callsMax: 2).Count.ShouldBe(2);

    [Theory]
    [InlineData("2023-11-16 18:17:03,1,1\n2023-11-16 18:17:04,-5,1\n", "trace.csv, line 3: ContextTokens is '-5', it must be a whole number from 0 to 10,000,000,000.")]
    [InlineData("2023-11-16 18:17:03,1,1\n\n2023-11-16 18:17:04,5,one\n", "trace.csv, line 4: GeneratedTokens is 'one', it must be a whole number from 0 to 10,000,000,000.")]
    [InlineData("2023-11-16 18:17:03,1.5,1\n", "trace.csv, line 2: ContextTokens is '1.5', it must be a whole number from 0 to 10,000,000,000.")]
    [InlineData("2023-11-16 18:17:03,10000000001,1\n", "trace.csv, line 2: ContextTokens is '10000000001', it must be a whole number from 0 to 10,000,000,000.")]
    [InlineData("yesterday,1,1\n", "trace.csv, line 2: TIMESTAMP is 'yesterday', it must be a time.")]
    [InlineData("2023-11-16 18:17:03,1\n", "trace.csv, line 2: GeneratedTokens is '', it must be a whole number from 0 to 10,000,000,000.")]
    [InlineData("", "trace.csv has no calls.")]
    public void A_bad_row_is_told_with_its_line(string rows, string message) =>
        Should.Throw<CannotRunException>(() => Read(Header + rows)).Message.ShouldBe(message);

    [Fact]
    public void A_file_without_the_columns_is_told_which_one_is_missing() =>
        Should.Throw<CannotRunException>(() => Read("TIMESTAMP,Tokens\n")).Message.ShouldContain("no column ContextTokens");

    [Fact]
    public void A_missing_file_is_told_in_one_line() =>
        Should.Throw<CannotRunException>(() => Trace.Read("there-is-no-such-trace.csv")).Message.ShouldContain("there-is-no-such-trace.csv");

    private static IReadOnlyList<TracedCall> Read(string text, int? callsMax = null) => Trace.Read(new StringReader(text), "trace.csv", callsMax);
}

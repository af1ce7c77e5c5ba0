using System.Globalization;
using Shouldly;
using TokenSense.Dashboard.Pages.Shared;
using Xunit;

namespace TokenSense.Specs.Dashboard;

public sealed class MoneyAxisSpecs
{
    [Theory]
    [InlineData("0", "1", 1)]
    [InlineData("0.000000000001", "0.000000000001", 1)]
    [InlineData("0.0042", "0.001", 5)]
    [InlineData("1", "0.2", 5)]
    [InlineData("1.01", "0.5", 3)]
    [InlineData("15.93", "5", 4)]
    [InlineData("25", "5", 5)]
    [InlineData("25.01", "10", 3)]
    [InlineData("123456789.5", "50000000", 3)]
    public void It_ends_at_or_above_the_largest_in_at_most_five_round_steps(string largest, string step, int steps) =>
        MoneyAxis.Of(Usd(largest)).ShouldBe(new(Usd(step), steps));

    private static decimal Usd(string text) => decimal.Parse(text, CultureInfo.InvariantCulture);

    [Fact]
    public void A_height_is_a_share_of_the_axis_whatever_the_culture()
    {
        var axis = MoneyAxis.Of(15.93m);
        (axis.Height(0), axis.Height(5), axis.Height(12.345m), axis.Height(-3)).ShouldBe(("0%", "25%", "61.725%", "0%"));
    }
}

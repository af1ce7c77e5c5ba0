using System.Globalization;
using Shouldly;
using TokenSense.Dashboard.Pages.Shared;
using Xunit;

namespace TokenSense.Specs.Dashboard;

public sealed class TypedAmountSpecs
{
    [Theory]
    [InlineData("1250.5", "1250.5")]
    [InlineData(" $1,250.50 ", "1250.50")]
    [InlineData("0", "0")]
    [InlineData("999,999,999,999", "999999999999")]
    [InlineData("0.000000000001", "0.000000000001")]
    public void An_amount_is_read_with_every_digit(string text, string usd)
    {
        UsdText.TryRead(text, out var read, out var wrong).ShouldBeTrue();
        (read, wrong).ShouldBe((decimal.Parse(usd, CultureInfo.InvariantCulture), ""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1,5")]
    [InlineData("1.250,50")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("0.0000000000001")]
    [InlineData("999999999999.01")]
    [InlineData("99999999999999999999999999999999999999")]
    [InlineData("١٢")]
    public void An_amount_that_could_mean_something_else_or_is_out_of_range_is_refused_with_words(string text)
    {
        UsdText.TryRead(text, out _, out var wrong).ShouldBeFalse();
        wrong.ShouldNotBeEmpty();
    }

    [Fact]
    public void An_amount_is_written_as_it_is_read() => UsdText.Of(1300.123456789m).ShouldBe("1300.123456789");

    [Fact]
    public void Thresholds_are_read_in_order_and_once()
    {
        ThresholdsText.TryRead("100, 80 %;50 80", 10, out var percents, out _).ShouldBeTrue();
        percents.ShouldBe([50, 80, 100]);
        ThresholdsText.Of(percents).ShouldBe("50, 80, 100");
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1001")]
    [InlineData("80.5")]
    [InlineData("half")]
    [InlineData("1 2 3 4 5 6 7 8 9 10 11")]
    public void Thresholds_that_no_budget_has_are_refused_with_words(string text)
    {
        ThresholdsText.TryRead(text, 10, out _, out var wrong).ShouldBeFalse();
        wrong.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_budget_that_is_typed_wrongly_says_so_under_each_field()
    {
        new BudgetDraft { Amount = "1,5", Thresholds = "x" }.Read(out var errors).ShouldBeNull();
        (errors.Has("amount_usd"), errors.Has("thresholds")).ShouldBe((true, true));
    }

    [Theory]
    [InlineData("#3B82F6", "#3b82f6")]
    [InlineData("abc", "#aabbcc")]
    [InlineData("blue", null)]
    public void A_colour_is_read_in_either_length(string text, string? colour) => HexColor.Read(text).ShouldBe(colour);
}

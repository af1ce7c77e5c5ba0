using Shouldly;
using TokenSense.ServiceDefaults;
using Xunit;

namespace TokenSense.Specs.Metering;

public sealed class SpreadsheetTextSpecs
{
    [Theory]
    [InlineData("=1+1")]
    [InlineData("+1")]
    [InlineData("-1")]
    [InlineData("@SUM(A1)")]
    [InlineData("\t=1")]
    [InlineData("\rx")]
    [InlineData("  =1")]
    [InlineData("\u00A0=1")]
    [InlineData("\uFEFF=1")]
    [InlineData("\uFF1D1")]
    [InlineData(" \uFF0B1")]
    [InlineData("\uFF0D1")]
    [InlineData("\uFF20x")]
    public void What_a_spreadsheet_may_take_for_a_formula_is_marked_as_text(string name) => SpreadsheetText.Safe(name).ShouldBe($"'{name}");

    [Theory]
    [InlineData("Client A")]
    [InlineData("a=b")]
    [InlineData("gpt-4o")]
    [InlineData("  spaces")]
    [InlineData("'quoted")]
    [InlineData("")]
    [InlineData(null)]
    public void Any_other_name_stays_as_it_is(string? name) => SpreadsheetText.Safe(name).ShouldBe(name);
}

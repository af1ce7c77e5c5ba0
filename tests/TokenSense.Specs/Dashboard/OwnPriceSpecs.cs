using System.Text.Json;
using Shouldly;
using TokenSense.Dashboard.Pages.Settings;
using Xunit;

namespace TokenSense.Specs.Dashboard;

public sealed class OwnPriceSpecs
{
    private static readonly JsonElement Known = JsonSerializer.Deserialize<JsonElement>(
        """
        [{"id":"openai","models":[{"id":"b","prices":{"input_mtok":1.10,"output_mtok":2}},{"id":"a","match":{"contains":"a"},"prices":{"input_mtok":3}},
            {"id":"c","prices":[{"prices":{"input_mtok":1}},{"constraint":{"start_date":"2027-01-01"},"prices":{"input_mtok":2}}]},{"id":"d","prices":{"input_mtok":{"base":1,"tiers":[]}}}]},
         {"id":"acme","models":[{"id":"m","prices":{"input_mtok":1}}]}]
        """);

    [Fact]
    public void They_are_listed_by_provider_and_model_and_only_what_the_form_shows_whole_can_be_changed_there() =>
        OwnPrice.Of(Known).Select(p => $"{p.Provider}/{p.Model} {p.Usd("input_mtok")} {p.IsSimple}").ShouldBe(
            ["acme/m 1 True", "openai/a 3 False", "openai/b 1.10 True", "openai/c  False", "openai/d  False"]);

    [Fact]
    public void A_price_takes_the_place_of_the_models_and_goes_first()
    {
        var list = OwnPrice.With(Known, "openai", "b", new Dictionary<string, decimal> { ["input_mtok"] = 0.000000000001m, ["output_mtok"] = 1.50m });
        list.ToJsonString().ShouldStartWith("""[{"id":"openai","models":[{"id":"b","prices":{"input_mtok":0.000000000001,"output_mtok":1.50}},{"id":"a",""");
        OwnPrice.Of(Element(list)).Count.ShouldBe(5);
        OwnPrice.With(Element(list), "new", "x", new Dictionary<string, decimal> { ["input_mtok"] = 1 }).Count.ShouldBe(3);
    }

    [Fact]
    public void With_its_last_price_a_provider_leaves_the_list()
    {
        OwnPrice.Of(Element(OwnPrice.Without(Known, "acme", "m"))).Select(p => p.Provider).Distinct().ShouldBe(["openai"]);
        OwnPrice.Without(Known, "acme", "nothing").Count.ShouldBe(2);
        OwnPrice.Without(Known, "nobody", "m").Count.ShouldBe(2);
    }

    private static JsonElement Element(System.Text.Json.Nodes.JsonNode node) => JsonSerializer.SerializeToElement(node);
}

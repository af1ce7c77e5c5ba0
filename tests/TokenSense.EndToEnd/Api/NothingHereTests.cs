using System.Text.Json.Nodes;
using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Api;

/// <summary>What no endpoint answers is told in the same form as everything else, by every service.</summary>
[Collection(nameof(SharedStack))]
public sealed class NothingHereTests(SharedStack shared)
{
    [Theory]
    [InlineData("GET", "alerts/nonsense", 404, "NOT_FOUND")]
    [InlineData("GET", "keys/nonsense/budget", 404, "NOT_FOUND")]
    [InlineData("GET", "keys/nonsense", 404, "NOT_FOUND")]
    [InlineData("POST", "conflicts/nonsense/retry", 404, "NOT_FOUND")]
    [InlineData("GET", "nothing", 404, "NOT_FOUND")]
    [InlineData("DELETE", "spend", 405, "INVALID_REQUEST")]
    [InlineData("PUT", "usage", 405, "INVALID_REQUEST")]
    [InlineData("PATCH", "alerts", 405, "INVALID_REQUEST")]
    [InlineData("PUT", "projects", 405, "INVALID_REQUEST")]
    public async Task A_malformed_id_an_unknown_path_and_a_wrong_method_are_problems_with_a_code(string method, string path, int status, string code)
    {
        var workspace = await Workspace.New(shared.Stack);
        var answer = await workspace.Raw(new HttpMethod(method), path);
        var text = await answer.Content.ReadAsStringAsync();
        ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType).ShouldBe((status, "application/problem+json"), text);
        ((string?)JsonNode.Parse(text)!["code"]).ShouldBe(code);
    }
}

using Shouldly;
using TokenSense.EndToEnd.Running;
using TokenSense.ServiceDefaults.Access;
using Xunit;

namespace TokenSense.EndToEnd.Access;

/// <summary>The access table is all that there is, and all of it is there.</summary>
[Collection(nameof(SharedStack))]
public sealed class AccessTableTests(SharedStack shared)
{
    private readonly Stack _stack = shared.Stack;

    [Fact]
    public async Task Every_endpoint_stands_in_the_table_and_every_row_has_its_endpoint()
    {
        var surface = await Surface.Read(_stack);
        var rows = AccessTable.Rules.Select(Examples.NameOf).ToHashSet();
        surface.Services.Keys.Except(rows).ShouldBeEmpty("endpoints that services describe and AccessTable.Rules does not have");
        rows.Except(surface.Services.Keys).ShouldBeEmpty("rows of AccessTable.Rules that no service answers");
        surface.Console.ShouldBe(rows.Except(Surface.Untold), ignoreOrder: true, "the console's description is of the whole table");
        foreach (var (endpoint, services) in surface.Services)
            services.Count.ShouldBe(Surface.InParts.Contains(endpoint) ? Surface.Of(_stack).Length : 1, $"services that answer {endpoint}");
    }

    [Fact]
    public async Task Every_row_is_answered_by_its_service_alone_and_through_the_console_by_the_same_and_parts_of_the_audit_log_by_each()
    {
        var surface = await Surface.Read(_stack);
        var differences = new List<string>();
        foreach (var rule in AccessTable.Rules)
        {
            // An id will do for any parameter, and some must be one.
            var call = new Call(rule.Method, string.Join('/', rule.Path.Split('/').Select(part => part.StartsWith('{') ? Guid.Empty.ToString() : part)));
            var (status, code) = rule.Need == AccessNeed.Anyone ? (400, "INVALID_REQUEST") : (401, "UNAUTHENTICATED");
            var through = await Wire.Send(_stack.Dashboard.Url, call, null);
            if ((through.Status, through.Code) != (status, code)) differences.Add($"{Examples.NameOf(rule)} through the console: {through}");
            foreach (var service in Surface.Of(_stack))
            {
                var answer = await Wire.Send(service.Url, call, null);
                var isIts = surface.Services.GetValueOrDefault(Examples.NameOf(rule))?.Contains(service) is true;
                if (isIts != (answer.Status == status && answer.Code == code)) differences.Add($"{Examples.NameOf(rule)} at {service.Url}: {answer}");
            }
        }
        string.Join('\n', differences).ShouldBeEmpty();
    }

    [Fact]
    public void Every_row_has_an_example_of_a_valid_request()
    {
        Examples.Missing.ShouldBeEmpty("rows without an example: add one to Examples.cs, so that the matrix can call them");
        Examples.Unknown.ShouldBeEmpty("examples of rows that AccessTable.Rules does not have");
    }
}

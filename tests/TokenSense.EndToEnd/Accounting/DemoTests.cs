using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Accounting;

/// <summary>The demo and the audit, as their users run them.</summary>
[Collection(nameof(SharedStack))]
public sealed class DemoTests(SharedStack shared)
{
    internal static readonly string Tool = Path.Combine(Repository.Root, "tools", "TokenSense.Tools", "bin", ServiceProcess.Configuration, "net10.0", "TokenSense.Tools.dll");

    [Fact]
    public async Task Where_providers_are_real_the_demo_does_not_run_and_says_how_to()
    {
        var demo = await Command.Run("dotnet", [Tool, "demo"], settings: shared.Stack.Settings);
        demo.ExitCode.ShouldBe(2, demo.Output);
        demo.Output.ShouldContain("would spend real money");
        demo.Output.ShouldContain("TOKENSENSE_HOME=");
    }

    [Fact]
    public async Task The_demo_is_exact_to_the_last_digit_and_the_audit_finds_no_difference()
    {
        var stack = shared.Stack;
        var settings = new Dictionary<string, string>(stack.Settings)
        {
            ["TOKENSENSE_CONSOLE_URL"] = stack.Dashboard.Url,
            ["TOKENSENSE_GATEWAY_URL"] = stack.Gateway.Url,
            ["TOKENSENSE_SIMULATOR_URL"] = stack.Simulator.Url,
        };
        var demo = await Command.Run("dotnet", [Tool, "demo", "--requests", "1500"], settings: settings);
        demo.ExitCode.ShouldBe(0, demo.Output);
        demo.Output.ShouldContain("served = recorded = spent = reported = exported; 8 thresholds crossed, each once and told once.");

        var audit = await Command.Run("dotnet", [Tool, "audit"], settings: settings);
        audit.ExitCode.ShouldBe(0, audit.Output);
        audit.Output.ShouldContain("No differences");

        // A cent that was never earned does not go unseen.
        await stack.Execute("budgets", "update scope_spend set spent_usd = spent_usd + 0.01 where ctid = (select ctid from scope_spend where scope = 'project' order by spent_usd desc limit 1)");
        var found = await Command.Run("dotnet", [Tool, "audit"], settings: settings);
        await stack.Execute("budgets", "update scope_spend set spent_usd = spent_usd - 0.01 where ctid = (select ctid from scope_spend where scope = 'project' order by spent_usd desc limit 1)");
        found.ExitCode.ShouldBe(1, found.Output);
    }
}

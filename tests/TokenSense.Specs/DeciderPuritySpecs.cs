using System.Text.RegularExpressions;
using Shouldly;
using Xunit;

namespace TokenSense.Specs;

/// <summary>Deciders are pure (architecture law 7): commands carry time and ids; stores, buses, clocks, logs and async stay outside.</summary>
public sealed partial class DeciderPuritySpecs
{
    [Fact]
    public void A_file_that_decides_or_evolves_knows_no_store_no_bus_no_clock_and_no_async()
    {
        var files = Directory.GetFiles(Path.Combine(Root(), "services"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}"))
            .Select(f => (Name: Path.GetFileName(f), Code: File.ReadAllText(f)))
            .Where(f => Deciding().IsMatch(f.Code)).ToList();
        files.Count.ShouldBeGreaterThanOrEqualTo(7);
        files.Where(f => Impure().IsMatch(f.Code)).Select(f => $"{f.Name}: {Impure().Match(f.Code).Value}").ShouldBeEmpty();
    }

    [GeneratedRegex(@"public static \w+(<\w+>)?\?? (Decide|Evolve)\(")]
    private static partial Regex Deciding();

    [GeneratedRegex(@"using (Marten|MassTransit|Npgsql|JasperFx|Microsoft\.)[\w.]*;|\basync\b|\bTask\b|TimeProvider|DateTime(Offset)?\.(Utc)?Now|Guid\.(NewGuid|CreateVersion7)|ILogger")]
    private static partial Regex Impure();

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json"))) folder = folder.Parent!;
        return folder.FullName;
    }
}

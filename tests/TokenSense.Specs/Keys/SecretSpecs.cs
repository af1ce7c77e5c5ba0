using Shouldly;
using TokenSense.Enforcement;
using TokenSense.ServiceDefaults.Access;
using Xunit;

namespace TokenSense.Specs.Keys;

/// <summary>Hashes of secrets are compared in constant time, and in all of their length.</summary>
public sealed class SecretSpecs
{
    private static readonly string Hash = Secret.Hash("a secret");

    [Fact]
    public void A_hash_is_the_same_as_itself_and_as_none_that_differs_in_any_place()
    {
        Secret.IsSame(Hash, new string(Hash)).ShouldBeTrue();
        Hash256.Parse(Hash).ShouldBe(Hash256.Of("a secret"));
        for (var i = 0; i < Hash.Length; i++)
        {
            var other = Hash[..i] + (Hash[i] == '0' ? '1' : '0') + Hash[(i + 1)..];
            Secret.IsSame(Hash, other).ShouldBeFalse($"place {i}");
            Hash256.Parse(other).ShouldNotBe(Hash256.Parse(Hash), $"place {i}");
        }
        Secret.IsSame(Hash, Hash[..^1]).ShouldBeFalse();
    }

    // The comparison takes as long wherever the first difference is, which no quick test can measure: so the calls are pinned.
    [Theory]
    [InlineData("services/ServiceDefaults/Access/Secret.cs")]
    [InlineData("contracts/TokenSense.Enforcement/Hash256.cs")]
    [InlineData("services/KeyRegistry/Credentials/BrokerPassword.cs")]
    public void The_comparison_is_the_platforms_own(string file) =>
        File.ReadAllText(Path.Combine(Root, file)).ShouldContain("CryptographicOperations.FixedTimeEquals(");

    [Fact]
    public void Who_asks_is_told_by_no_other_comparison_of_a_hash() =>
        File.ReadAllText(Path.Combine(Root, "services/ServiceDefaults/Access/Authentication.cs")).ShouldNotMatch("Sha256 ==|== hash|Equals\\(hash");

    private static readonly string Root = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "global.json"))) folder = folder.Parent!;
        return folder.FullName;
    }
}

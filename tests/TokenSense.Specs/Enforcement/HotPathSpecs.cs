using Shouldly;
using TokenSense.Contracts;
using TokenSense.Enforcement;
using Xunit;
using static TokenSense.Specs.Enforcement.World;

namespace TokenSense.Specs.Enforcement;

public sealed class HotPathSpecs
{
    [Theory]
    [InlineData(null, "2026-12-02T00:00:00Z")]
    [InlineData("alpha", "2026-12-02T00:00:00Z")]
    [InlineData("alpha", "2026-11-30T23:58:00Z")]
    [InlineData("alpha", "2027-01-02T00:00:00Z")]
    public void An_allowed_decision_allocates_nothing(string? project, string time)
    {
        // Rolled by the clock, held beside an early one, and alone, so that each of these ways is walked.
        var now = At(time);
        var world = new World().With(
            Spend("workspace", 1, 100), Spend("project", 1, 100), Spend("project", 1, 100, period: "2026-12"), Spend("key", 1, 100, period: "2026-12"),
            new BudgetsHeartbeat { Epoch = 1, CompleteTo = now });
        var key = Hash256.Of(Secret);
        Decide(100).ShouldBe(100);
        // What a decision allocates, it allocates in each round; the runtime, where it compiles this anew, in one.
        Enumerable.Range(0, 5).Select(_ => Round()).Min().ShouldBe(0);

        long Round()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var allowed = Decide(10_000);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            allowed.ShouldBe(10_000);
            return allocated;
        }

        int Decide(int times)
        {
            var count = 0;
            for (var i = 0; i < times; i++)
                if (world.Enforcer.Decide(key, project, now) is { IsAllowed: true, Tightest.RemainingUsd: > 0 }) count++;
            return count;
        }
    }

    [Fact]
    public void Hashing_a_presented_secret_allocates_nothing_either()
    {
        var expected = Hash256.Parse(Hash(Secret));
        Hash256.Of(Secret).ShouldBe(expected);
        Enumerable.Range(0, 5).Select(_ => Round()).Min().ShouldBe(0);

        long Round()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++)
                if (!ApiKeyFormat.IsWellFormed(Secret) || Hash256.Of(Secret) != expected) throw new InvalidOperationException("The hash changed.");
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void A_hash_prints_as_it_is_written_in_messages() => Hash256.Of(Secret).ToString().ShouldBe(Hash(Secret));
}

using Shouldly;
using TokenSense.Enforcement;
using Xunit;
using static TokenSense.Specs.Enforcement.JournalFolder;

namespace TokenSense.Specs.Enforcement;

/// <summary>Whatever a process left on the disk: what was settled is reported as it was, what was open is reported as estimated, once.</summary>
public sealed class JournalRecoverySpecs
{
    [Fact]
    public async Task A_call_that_dies_with_its_gateway_is_reported_as_estimated()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open();
        await Call(journal, "settled", output: 7);
        await Admit(journal, Line("open", output: 99));
        await Admit(journal, Line("released"));
        await journal.Release("released");
        using var killed = folder.Killed();
        await using var next = killed.Open();
        next.RecoveredOpen.ShouldBe(1);
        next.Waiting.ShouldBe(2);
        next.OldestWaiting.ShouldBe(World.Now);
        Reported(next).ShouldBe(["settled 7", "open 99~"]);
    }

    [Fact]
    public async Task A_second_death_during_recovery_repeats_the_same_lines()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open();
        foreach (var id in new[] { "b", "a", "c" }) await Admit(journal, Line(id));
        using var first = folder.Killed();
        await first.Open().DisposeAsync();
        var (admitted, whole) = (File.ReadAllBytes(first.Segments[0]), File.ReadAllBytes(first.Segments[1]));
        for (var cut = 0; cut <= whole.Length; cut++)
        {
            using var second = Holding(admitted, whole[..cut]);
            await using var again = second.Open();
            Reported(again).ShouldBe(["b 10~", "a 10~", "c 10~"], $"cut at {cut}");
        }
    }

    [Fact]
    public async Task A_journal_cut_anywhere_loses_nothing_that_completed_before_the_cut()
    {
        using var folder = new JournalFolder();
        var story = await Story(folder);
        var whole = File.ReadAllBytes(folder.Segments.Single());
        for (var cut = 0; cut <= whole.Length; cut++)
        {
            using var killed = Holding(whole[..cut]);
            var said = new List<string>();
            await using var journal = killed.Open(log: said.Add);
            // A record is whole without its line feed.
            Reported(journal).ShouldBe(Expected(story.Where(s => s.End - 1 <= cut)), $"cut at {cut}");
            said.ShouldNotContain(s => s.Contains("damaged"), $"cut at {cut}: a torn end is no damage");
        }
    }

    [Theory]
    [InlineData(0x01)]
    [InlineData(0x2a)]
    [InlineData(0xff)]
    public async Task A_damaged_byte_costs_its_own_record_at_most(byte change)
    {
        using var folder = new JournalFolder();
        var story = await Story(folder);
        var whole = File.ReadAllBytes(folder.Segments.Single());
        for (var at = 0; at < whole.Length; at++)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= change;
            using var killed = Holding(damaged);
            var said = new List<string>();
            await using var journal = killed.Open(log: said.Add);
            var others = story.Where(s => !(s.Start <= at && at < s.End - 1)).ToList();
            // The last record cannot be told from one that was cut off where its line feed is hit too, but none is lost for that.
            Reported(journal).ShouldBe(Expected(others), $"byte {at}");
            if (others.Count < story.Count) said.ShouldContain(s => s.Contains("damaged"), $"byte {at}");
        }
    }

    [Fact]
    public async Task An_old_cursor_only_repeats_and_a_damaged_one_repeats_all()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open();
        await Call(journal, "a");
        Reported(journal, confirm: true).ShouldBe(["a 10"]);
        // The file is written once a second: this is what it says before it says more.
        var old = File.ReadAllBytes(Path.Combine(folder.Path, "cursor"));
        await Call(journal, "b");
        Reported(journal, confirm: true).ShouldBe(["b 10"]);
        journal.Waiting.ShouldBe(0);
        await Call(journal, "c");
        using var killed = folder.Killed();
        File.WriteAllBytes(Path.Combine(killed.Path, "cursor"), old);
        await using (var next = killed.Open())
        {
            Reported(next).ShouldBe(["b 10", "c 10"]);
            next.Waiting.ShouldBe(2);
            next.RecoveredConfirmed.IsCompleted.ShouldBeFalse();
            Reported(next, confirm: true);
            next.RecoveredConfirmed.IsCompleted.ShouldBeTrue();
        }
        await using (var closed = killed.Open()) Reported(closed).ShouldBe([]);
        using var damaged = folder.Killed();
        File.WriteAllText(Path.Combine(damaged.Path, "cursor"), "00000000 9 9\n");
        await using var all = damaged.Open();
        Reported(all).ShouldBe(["a 10", "b 10", "c 10"]);
    }

    [Fact]
    public async Task After_an_end_in_order_nothing_is_repeated()
    {
        using var folder = new JournalFolder();
        await using (var journal = folder.Open())
        {
            // The second confirmation comes within a second of the first, and so is not in the file before the end.
            foreach (var id in new[] { "a", "b" })
            {
                await Call(journal, id);
                Reported(journal, confirm: true).ShouldBe([$"{id} 10"]);
            }
        }
        await using var next = folder.Open();
        Reported(next).ShouldBe([]);
    }

    [Fact]
    public async Task What_is_written_after_the_files_were_lost_is_not_taken_for_confirmed()
    {
        using var folder = new JournalFolder();
        await using (var journal = folder.Open())
        {
            await Call(journal, "a");
            Reported(journal, confirm: true);
        }
        foreach (var segment in folder.Segments) File.Delete(segment);
        await using var next = folder.Open();
        await Call(next, "b");
        Reported(next).ShouldBe(["b 10"]);
    }

    private sealed record Step(RecordKind Kind, string Line, long Start, long End);

    // Every kind of record, in one segment; what each took of the file is seen from outside.
    private static async Task<IReadOnlyList<Step>> Story(JournalFolder folder)
    {
        await using var journal = folder.Open();
        var steps = new List<Step>();
        await Do(RecordKind.Admitted, "a 10", Admit(journal, Line("a")));
        await Do(RecordKind.Admitted, "b 20", Admit(journal, Line("b", 20)));
        await Do(RecordKind.Settled, "a 11", journal.Settle(Line("a", 11)));
        await Do(RecordKind.Admitted, "c 30", Admit(journal, Line("c", 30)));
        await Do(RecordKind.Released, "b", journal.Release("b"));
        await Do(RecordKind.Admitted, "d 40", Admit(journal, Line("d", 40)));
        await Do(RecordKind.Settled, "d 41", journal.Settle(Line("d", 41)));
        await Do(RecordKind.Settled, "never admitted 5", journal.Settle(Line("never admitted", 5)));
        return steps;

        async Task Do(RecordKind kind, string line, ValueTask done)
        {
            await done;
            steps.Add(new(kind, line, steps.Count == 0 ? 0 : steps[^1].End, journal.Bytes));
        }
    }

    private static List<string> Expected(IEnumerable<Step> steps)
    {
        var (settled, open) = (new List<string>(), new List<string>());
        foreach (var step in steps)
        {
            if (step.Kind == RecordKind.Admitted) open.Add(step.Line);
            else open.RemoveAll(o => o.Split(' ')[0] == step.Line.Split(' ')[0]);
            if (step.Kind == RecordKind.Settled) settled.Add(step.Line);
        }
        return [.. settled, .. open.Select(o => o + "~")];
    }
}

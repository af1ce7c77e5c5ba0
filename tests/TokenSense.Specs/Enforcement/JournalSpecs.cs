using Shouldly;
using TokenSense.Enforcement;
using Xunit;
using static TokenSense.Specs.Enforcement.JournalFolder;

namespace TokenSense.Specs.Enforcement;

public sealed class JournalSpecs
{
    [Fact]
    public async Task Many_callers_share_the_disk_and_none_is_forgotten()
    {
        using var folder = new JournalFolder();
        var writes = 0;
        await using var journal = folder.Open(s => s with { SegmentBytesMax = 64 * 1024, SyncToDisk = true, BeforeWrite = () => { writes++; Thread.Sleep(1); } });
        await Task.WhenAll(Enumerable.Range(0, 64).Select(caller => Task.Run(async () =>
        {
            for (var n = 0; n < 50; n++) await Call(journal, $"{caller}-{n}");
        })));
        writes.ShouldBeLessThan(64 * 50);
        (journal.OpenCalls, journal.Waiting).ShouldBe((0, 3200L));
        Reported(journal).Order().ShouldBe(Enumerable.Range(0, 64).SelectMany(c => Enumerable.Range(0, 50).Select(n => $"{c}-{n} 10")).Order());
        folder.Segments.Count.ShouldBeGreaterThan(5);
        journal.Bytes.ShouldBe(folder.Segments.Sum(s => new FileInfo(s).Length));
    }

    [Fact]
    public async Task A_full_journal_refuses_new_calls_and_still_takes_what_the_open_ones_used()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open(s => s with { BytesMax = 64 * 1024, SegmentBytesMax = 8 * 1024 });
        var open = new List<string>();
        var refused = await Should.ThrowAsync<JournalUnavailableException>(async () =>
        {
            for (var n = 0; n < 1000; n++)
            {
                await Admit(journal, Line($"{n}"));
                open.Add($"{n}");
            }
        });
        refused.Message.ShouldContain("full");
        open.Count.ShouldBeGreaterThan(5);
        // Larger than what was estimated.
        foreach (var id in open) await journal.Settle(Line(id, padding: 3_000));
        journal.Waiting.ShouldBe(open.Count);
        journal.Bytes.ShouldBeLessThanOrEqualTo(64 * 1024);

        Reported(journal, confirm: true).Count.ShouldBe(open.Count);
        await Until(() => folder.Segments.Count == 1);
        await Admit(journal, Line("room again"));
    }

    [Fact]
    public async Task Confirmed_segments_are_deleted()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open(s => s with { SegmentBytesMax = 4096 });
        for (var n = 0; n < 100; n++) await Call(journal, $"{n}");
        folder.Segments.Count.ShouldBeGreaterThan(5);
        journal.OldestWaiting.ShouldNotBeNull();
        Reported(journal, confirm: true).Count.ShouldBe(100);
        await Until(() => folder.Segments.Count == 1 && journal.Bytes == new FileInfo(folder.Segments.Single()).Length);
        journal.OldestWaiting.ShouldBeNull();
    }

    [Fact]
    public async Task A_call_that_stays_open_holds_no_more_than_the_newest_segments()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open(s => s with { SegmentBytesMax = 4096 });
        await Admit(journal, Line("long", output: 77));
        for (var n = 0; n < 500; n++)
        {
            await Call(journal, $"{n}");
            if (n % 20 == 0) Reported(journal, confirm: true);
            folder.Segments.Count.ShouldBeLessThan(10);
        }
        Reported(journal, confirm: true);
        await Until(() => folder.Segments.Count <= 3);
        folder.Segments.ShouldNotContain(s => s.EndsWith("0000000001.journal"));

        using (var killed = folder.Killed())
        await using (var next = killed.Open())
            Reported(next).Where(r => r.EndsWith('~')).ShouldBe(["long 77~"]);

        await journal.Settle(Line("long", output: 78));
        Reported(journal).ShouldBe(["long 78"]);
        using (var killed = folder.Killed())
        await using (var next = killed.Open())
            Reported(next).Where(r => r.StartsWith("long")).ShouldBe(["long 78"]);
    }

    [Fact]
    public async Task However_it_is_cut_while_segments_come_and_go_no_call_is_reported_in_two_ways()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open(s => s with { SegmentBytesMax = 2048 });
        var random = new Random(1);
        var (open, settled, confirmed) = (new List<string>(), new HashSet<string>(), new HashSet<string>());
        for (var n = 0; n < 600; n++)
        {
            if (open.Count < 3 || (open.Count < 6 && random.Next(2) == 0))
            {
                open.Add($"{n}");
                await Admit(journal, Line($"{n}"));
            }
            else
            {
                var id = open[random.Next(open.Count)];
                open.Remove(id);
                await journal.Settle(Line(id, output: 11));
                settled.Add($"{id} 11");
            }
            if (n % 7 == 0) confirmed.UnionWith(Reported(journal, confirm: true));
            if (n % 10 != 0) continue;
            // Twice through the writer: it has deleted what it could.
            await Admit(journal, Line($"barrier {n}"));
            await journal.Release($"barrier {n}");
            using var killed = folder.Killed();
            await using var next = killed.Open();
            var reported = Reported(next);
            reported.Where(r => r.EndsWith('~')).Order().ShouldBe(open.Select(id => $"{id} 10~").Order(), $"step {n}");
            confirmed.Union(reported.Where(r => !r.EndsWith('~'))).Order().ShouldBe(settled.Order(), $"step {n}");
        }
    }

    [Fact]
    public async Task A_folder_belongs_to_one_journal_at_a_time()
    {
        using var folder = new JournalFolder();
        await using (folder.Open()) Should.Throw<IOException>(() => folder.Open()).Message.ShouldContain("in use by another process");
        await using var next = folder.Open();
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(folder.Path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task A_disk_that_refuses_stops_new_calls_but_hides_no_usage()
    {
        using var folder = new JournalFolder();
        var refuses = false;
        var said = new List<string>();
        await using var journal = folder.Open(s => s with { BeforeWrite = Refuse }, s => { lock (said) said.Add(s); });
        await Admit(journal, Line("a"));
        await Admit(journal, Line("b"));
        refuses = true;
        (await Should.ThrowAsync<JournalUnavailableException>(async () => await Admit(journal, Line("c")))).Message.ShouldContain("cannot write");
        await journal.Settle(Line("a", 11));
        await journal.Release("b");
        journal.Fault.ShouldBe("No space left on device");
        journal.State.Unpublished.ShouldHaveSingleItem().Id.ShouldBe("a");
        journal.Waiting.ShouldBe(1);
        lock (said) said.ShouldHaveSingleItem().ShouldContain("No space left");

        refuses = false;
        await Until(() => journal.Fault is null);
        Reported(journal).ShouldBe(["a 11"]);
        journal.OpenCalls.ShouldBe(0);
        await Call(journal, "d");
        using var killed = folder.Killed();
        await using var next = killed.Open();
        Reported(next).ShouldBe(["a 11", "d 10"]);

        void Refuse()
        {
            if (refuses) throw new IOException("No space left on device");
        }
    }

    [Fact]
    public async Task What_a_refusing_disk_wrote_all_the_same_is_taken_back()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open(s => s with { BeforeWrite = WriteAndRefuse });
        await Should.ThrowAsync<JournalUnavailableException>(async () => await Admit(journal, Line("refused")));
        using var killed = folder.Killed();
        await using var next = killed.Open();
        Reported(next).ShouldBe([]);

        void WriteAndRefuse()
        {
            using var torn = new FileStream(folder.Segments.Single(), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            torn.Write(JournalRecord.Of(RecordKind.Admitted, Line("refused")));
            torn.Flush();
            throw new IOException("No space left on device");
        }
    }

    [Fact]
    public async Task A_mistake_in_the_writer_leaves_nobody_waiting()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open(s => s with { BeforeWrite = () => throw new InvalidOperationException("a mistake") });
        await Should.ThrowAsync<JournalUnavailableException>(Admit(journal, Line("a")).AsTask().WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        journal.Fault.ShouldBe("a mistake");
    }

    [Fact]
    public async Task An_admission_that_was_given_up_holds_no_room()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open(s => s with { BytesMax = 64 * 1024, SegmentBytesMax = 8 * 1024 });
        for (var n = 0; n < 100; n++) await Should.ThrowAsync<OperationCanceledException>(journal.Admit(Line($"{n}"), new CancellationToken(canceled: true)).AsTask());
        await Admit(journal, Line("room"));
        journal.OpenCalls.ShouldBe(1);
    }

    [Fact]
    public async Task Many_calls_that_stay_open_are_not_written_again_and_again()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open(s => s with { SegmentBytesMax = 4096 });
        for (var n = 0; n < 40; n++) await Admit(journal, Line($"open {n}"));
        for (var n = 0; n < 100; n++)
        {
            await Call(journal, $"{n}");
            Reported(journal, confirm: true);
        }
        // About as many segments as what was said fills.
        int.Parse(Path.GetFileNameWithoutExtension(folder.Segments[^1]), System.Globalization.CultureInfo.InvariantCulture).ShouldBeLessThan(30);
    }

    [Fact]
    public async Task A_line_beyond_any_measure_and_a_name_used_twice_are_refused()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open();
        await Should.ThrowAsync<ArgumentException>(async () => await Admit(journal, Line("a", padding: JournalSettings.LineBytesMax)));
        await Call(journal, "b", padding: JournalSettings.LineBytesMax - 400);
        await Admit(journal, Line("c"));
        await Should.ThrowAsync<ArgumentException>(async () => await Admit(journal, Line("c")));
        Reported(journal).ShouldBe(["b 10"]);
    }

    [Fact]
    public async Task What_is_journalled_is_what_was_said_to_the_last_digit()
    {
        using var folder = new JournalFolder();
        await using var journal = folder.Open();
        await journal.Settle(Line("ä \n\"x\"") with { CostUsd = 123456789.000000000001m, Time = World.Now.ToOffset(TimeSpan.FromHours(2)) });
        using var tail = journal.Tail();
        tail.Next(out var json).ShouldBeTrue();
        var line = System.Text.Encoding.UTF8.GetString(json.Span);
        line.ShouldContain("\"costUsd\":123456789.000000000001");
        line.ShouldNotContain("null");
        (System.Text.Json.JsonSerializer.Deserialize<Contracts.UsageLine>(line, JournalRecord.Json) as object).ShouldBe(
            Line("ä \n\"x\"") with { CostUsd = 123456789.000000000001m, Time = World.Now.ToOffset(TimeSpan.FromHours(2)) });
    }

    [Fact]
    public void Settings_that_are_printed_keep_the_password() =>
        new ReporterSettings(new Uri("amqp://user:secret@broker:5673/"), "edge").ToString().ShouldBe("edge at broker:5673");

    private static async Task Until(Func<bool> condition)
    {
        for (var n = 0; n < 1000 && !condition(); n++) await Task.Delay(10, CancellationToken.None);
        condition().ShouldBeTrue();
    }
}

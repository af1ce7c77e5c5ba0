using System.Text.Json;
using TokenSense.Contracts;
using TokenSense.Enforcement;

namespace TokenSense.Specs.Enforcement;

/// <summary>A journal's folder that is gone after the test.</summary>
internal sealed class JournalFolder : IDisposable
{
    // In memory where there is such a place: thousands of these come and go, and deleting files is what a disk does slowest.
    private static readonly string Root = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();

    public string Path { get; } = System.IO.Path.Combine(Root, $"tokensense-journal-{Guid.NewGuid():n}", "journal");
    public JournalSettings Settings => new(Path) { SyncToDisk = false };
    public IReadOnlyList<string> Segments => [.. Directory.EnumerateFiles(Path, "*.journal").Order(StringComparer.Ordinal)];

    public UsageJournal Open(Func<JournalSettings, JournalSettings>? change = null, Action<string>? log = null) =>
        UsageJournal.Open(change is null ? Settings : change(Settings), log);

    public void Dispose() => Directory.Delete(System.IO.Path.GetDirectoryName(Path)!, recursive: true);

    /// <summary>What a machine finds whose process was killed now.</summary>
    public JournalFolder Killed()
    {
        while (true)
        {
            var copy = new JournalFolder();
            Directory.CreateDirectory(copy.Path);
            try
            {
                // The cursor first, as an old one only repeats.
                foreach (var file in new[] { System.IO.Path.Combine(Path, "cursor") }.Where(File.Exists).Concat(Segments))
                    File.Copy(file, System.IO.Path.Combine(copy.Path, System.IO.Path.GetFileName(file)));
                return copy;
            }
            catch (FileNotFoundException)
            {
                // Deleted meanwhile: this is no one moment of it.
                copy.Dispose();
            }
        }
    }

    /// <summary>A machine that has these files, and nothing else of a journal.</summary>
    public static JournalFolder Holding(params IEnumerable<byte[]> segments)
    {
        var folder = new JournalFolder();
        Directory.CreateDirectory(folder.Path);
        foreach (var (n, bytes) in segments.Index()) File.WriteAllBytes(System.IO.Path.Combine(folder.Path, $"{n + 1:D10}.journal"), bytes);
        return folder;
    }

    public static UsageLine Line(string id, long output = 10, int padding = 0) => new()
    {
        Id = id, Time = World.Now, KeySha256 = new string('a', 64), Provider = "openai", Model = "gpt-4o", CostUsd = 0.000000000001m,
        Usage = new() { InputTokens = 100, OutputTokens = output },
        Metadata = padding == 0 ? null : new Dictionary<string, string> { ["padding"] = new('x', padding) },
    };

    /// <summary>What a reporter would publish now: "id output", with a "~" where it is estimated.</summary>
    public static IReadOnlyList<string> Reported(UsageJournal journal, bool confirm = false)
    {
        var lines = new List<string>();
        using var tail = journal.Tail();
        while (tail.Next(out var json))
        {
            var line = JsonSerializer.Deserialize<UsageLine>(json.Span, JsonSerializerOptions.Web)!;
            lines.Add($"{line.Id} {line.Usage.OutputTokens}{(line.Estimated == true ? "~" : "")}");
        }
        if (confirm) journal.Confirm(tail.Position, lines.Count);
        return lines;
    }

    public static ValueTask Admit(UsageJournal journal, UsageLine line) => journal.Admit(line, CancellationToken.None);

    public static async Task Call(UsageJournal journal, string id, long output = 10, int padding = 0)
    {
        await Admit(journal, Line(id, padding: padding));
        await journal.Settle(Line(id, output, padding));
    }
}

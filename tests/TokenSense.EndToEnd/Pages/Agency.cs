using System.Text.Json.Nodes;
using TokenSense.EndToEnd.Running;

namespace TokenSense.EndToEnd.Pages;

/// <summary>A workspace as an agency's looks at some day of the month: clients, budgets, what they spent so far, and what came of it. The same in every run.</summary>
public sealed class Agency
{
    private const string TimeZone = "Europe/Stockholm";

    private static readonly Client[] Clients =
    [
        new("Aurora Bank", "#2f6fde", "Support assistant, and letters to customers", 120m, 0.92m, ["gpt-4o", "gpt-4o-mini"]),
        new("Fjord Travel", "#0f9d7a", "Trip planner", 60m, 1.02m, ["claude-sonnet-4-5"]),
        new("Halden Retail", "#d9822b", "Product texts in nine languages", 150m, 0.46m, ["gpt-4o-mini", "gpt-4o"]),
        new("Lumen Health", "#a44bc4", "Transcripts into notes", 90m, 0.31m, ["gemini-2.5-pro"]),
        new("Pixel & Pine", "#c2415b", null, null, 18m, ["gpt-4o"]),
        new("Internal tools", "#5b6b7f", "What we use ourselves", 40m, 0.68m, ["claude-sonnet-4-5", "gpt-4o-mini"]),
    ];

    // A call of 6,000 and 900 tokens, in USD; the lists are as of the book that comes with the product.
    private static readonly Dictionary<string, (string Provider, decimal Usd)> Models = new()
    {
        ["gpt-4o"] = ("openai", 0.024m), ["gpt-4o-mini"] = ("openai", 0.00144m), ["claude-sonnet-4-5"] = ("anthropic", 0.0315m), ["gemini-2.5-pro"] = ("google", 0.0165m),
    };

    private Agency(Workspace workspace, string email, Guid alert, string usage) => (Workspace, Email, Alert, Usage) = (workspace, email, alert, usage);

    public Workspace Workspace { get; }

    /// <summary>Its owner's, whose password is everybody's.</summary>
    public string Email { get; }

    /// <summary>One of its alerts.</summary>
    public Guid Alert { get; }

    /// <summary>Source and id of one of its calls.</summary>
    public string Usage { get; }

    /// <param name="BudgetUsd">None: <paramref name="Share"/> is what it spent, in USD.</param>
    private sealed record Client(string Name, string Color, string? About, decimal? BudgetUsd, decimal Share, string[] Models);

    public static async Task<Agency> Open(Stack stack)
    {
        var workspace = await Workspace.New(stack, TimeZone);
        (await workspace.Raw(HttpMethod.Patch, "", new { name = "Northwind Studio" })).EnsureSuccessStatusCode();
        var email = $"mara-{Guid.NewGuid().ToString("N")[..4]}@northwind.example";
        using var mara = await Somebody.Join(workspace, "owner", email, "Mara Lindqvist");
        foreach (var (name, role) in new[] { ("Jonas Weber", "admin"), ("Priya Nair", "member"), ("Tomás Ortega", "viewer") })
            (await Somebody.Join(workspace, role, $"{name.Split(' ')[0].ToLowerInvariant()}-{Guid.NewGuid().ToString("N")[..4]}@northwind.example", name)).Dispose();
        await workspace.Post("members", new { email = "finance@northwind.example", role = "viewer", name = "Ida Holm" });
        await workspace.Post("channels", new { type = "email", name = "Finance", address = "finance@northwind.example", thresholds = new[] { 100 } });
        await workspace.SetBudget(380m);

        var lines = new List<JsonObject>();
        foreach (var client in Clients)
        {
            var project = await workspace.Post("projects", new { name = client.Name, color = client.Color, description = client.About });
            if (client.BudgetUsd is { } usd) await workspace.SetProjectBudget((Guid)project["id"]!, usd, client.Name == "Internal tools" ? "alert" : "block");
            var keys = new List<Guid>();
            foreach (var use in client.About is null ? ["Website"] : new[] { "Production", "Staging" })
                keys.Add((Guid)(await workspace.Post("keys", new { name = $"{client.Name} {use.ToLowerInvariant()}", project = (Guid)project["id"]! }))["id"]!);
            lines.AddRange(Month(client, keys));
        }
        var spare = (Guid)(await workspace.Post("keys", new { name = "Laptop of Priya" }))["id"]!;
        lines.Add(Line("spare-1", spare, DateTimeOffset.UtcNow.AddHours(-2), "gpt-4o", 9_000, 1_200));
        lines.Add(Line("spare-2", spare, DateTimeOffset.UtcNow.AddHours(-1), "northwind-tuned-1", 4_000, 300));
        await workspace.Post("keys", new { name = "Old prototype" });
        await Until.Seen(() => stack.Query<long>("metering", $"select count(*) from directory where kind = 'key' and workspace_id = '{workspace.Id}'"), n => n >= Clients.Length * 2, "the keys in Metering");
        foreach (var batch in lines.Chunk(1_000)) await Reports.Http(stack, batch);

        await workspace.Put("prices", new { providers = new[] { new { id = "openai", models = new[] { new { id = "northwind-tuned-2", prices = new { input_mtok = 3.75m, cache_read_mtok = 1.875m, output_mtok = 15m } } } } } });

        var cost = lines.Sum(l => Models.TryGetValue((string)l["model"]!, out _) ? 1 : 0);
        await Until.Seen(async () => (await workspace.Get("usage?group_by=model"))["data"]!.AsArray().Sum(r => (long)r!["requests"]!), n => n >= cost, "the month's usage");
        var alerts = await Until.Seen(async () => (await workspace.Get("alerts"))["data"]!.AsArray(), all => all.Count >= 5, "the alerts");
        var blocked = alerts.First(a => (int?)a!["threshold"] == 100);
        var call = (await workspace.Get("usage?limit=20"))["data"]!.AsArray().First(u => (decimal?)u!["cost_usd"] > 0.01m)!;
        return new(workspace, email, (Guid)blocked!["id"]!, $"{Uri.EscapeDataString((string)call["source"]!)}/{Uri.EscapeDataString((string)call["id"]!)}");
    }

    // More on weekdays than on weekends, spread over the days of the month until an hour ago.
    private static IEnumerable<JsonObject> Month(Client client, IReadOnlyList<Guid> keys)
    {
        var chance = new Random(client.Name.Length * 31 + client.Name[0]);
        var zone = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
        var now = TimeZoneInfo.ConvertTime(DateTimeOffset.UtcNow, zone);
        var first = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, now.Offset);
        var days = Enumerable.Range(0, now.Day).Select(d => first.AddDays(d)).ToList();
        var weights = days.Select(d => (d.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? 0.3 : 1) * (0.6 + chance.NextDouble() * 0.8)).ToList();
        var target = client.BudgetUsd is { } budget ? budget * client.Share : client.Share;
        for (var day = 0; day < days.Count; day++)
        {
            var left = target * (decimal)(weights[day] / weights.Sum());
            // A few lines for a day, each a longer conversation than one call.
            for (var call = 0; left > 0; call++)
            {
                var model = client.Models[call % client.Models.Length];
                var usd = Math.Min(left, target / 140 * (decimal)(0.5 + chance.NextDouble()));
                var times = usd / Models[model].Usd;
                left -= usd;
                var until = Math.Max(0, (day == days.Count - 1 ? now.AddMinutes(-5) - days[day] : TimeSpan.FromHours(20)).TotalMinutes);
                yield return Line($"{client.Name[..3].ToLowerInvariant()}-{day + 1:00}-{call:000}", keys[chance.Next(10) == 0 ? keys.Count - 1 : 0],
                    days[day].AddMinutes(chance.NextDouble() * until), model, (int)(6_000 * times), (int)(900 * times));
            }
        }
    }

    private static JsonObject Line(string id, Guid key, DateTimeOffset time, string model, int input, int output) => new()
    {
        ["id"] = id, ["time"] = time.ToUniversalTime().ToString("o"), ["key_id"] = key, ["provider"] = Models.TryGetValue(model, out var known) ? known.Provider : "openai", ["model"] = model,
        ["usage"] = new JsonObject { ["input_tokens"] = input, ["output_tokens"] = output }, ["latency_ms"] = 400 + output, ["status"] = 200,
    };
}

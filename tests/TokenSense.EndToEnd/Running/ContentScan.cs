using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace TokenSense.EndToEnd.Running;

/// <summary>Looks for what must be nowhere (law 12, product decision 20): prompts, answers, secrets. Every stack of every test is looked through at its end.</summary>
/// <remarks>
/// Secrets are known by their forms, whoever made them. Prompts and answers of tests carry marks that stand nowhere else:
/// <see cref="PromptMark"/>, and "zq" in each word that the simulator answers.
/// </remarks>
public sealed partial class ContentScan
{
    /// <summary>A word of every prompt; as long as the four letters that an estimate by size takes for a token.</summary>
    public const string PromptMark = "wozq";

    // The least that anything forbidden contains: most text is passed over at the speed of this.
    private static readonly SearchValues<string> Hints = SearchValues.Create(
        ["zq", "ts_live_", "tst_", "tsg_", "tsr_", "tsi_", "tsp_", "sk-sim-", "eyJ", Stack.OwnerPassword], StringComparison.Ordinal);

    private readonly List<string> _found = [];

    /// <summary>What was found where, without repeating it whole.</summary>
    public IReadOnlyList<string> Found => _found;

    public int Places { get; private set; }
    public long Characters { get; private set; }

    /// <param name="place">For the finding.</param>
    /// <param name="text">Any length.</param>
    /// <param name="isMail">A mail may hold the one-time token that it was sent for.</param>
    public void Look(string place, string text, bool isMail = false)
    {
        (Places, Characters) = (Places + 1, Characters + text.Length);
        if (!text.AsSpan().ContainsAny(Hints)) return;
        foreach (Match match in Forbidden().Matches(text))
            if (!isMail || match.Value[..4] is not ("tsi_" or "tsp_"))
                _found.Add($"{place}: {match.Value[..Math.Min(12, match.Length)]}… in “{Around(text, match)}”");
    }

    /// <summary>Every column of every table.</summary>
    public async Task Look(string name, NpgsqlDataSource database)
    {
        var tables = new List<(string Table, string Columns)>();
        await using (var list = database.CreateCommand(
            """
            select format('%I.%I', table_schema, table_name),
                   string_agg(case when data_type = 'bytea' then format('encode(%I, ''escape'')', column_name) else format('%I::text', column_name) end, ', ' order by ordinal_position)
            from information_schema.columns join information_schema.tables using (table_schema, table_name)
            where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema') group by 1 order by 1
            """))
        await using (var reader = await list.ExecuteReaderAsync())
            while (await reader.ReadAsync()) tables.Add((reader.GetString(0), reader.GetString(1)));
        foreach (var (table, columns) in tables)
        {
            await using var connection = await database.OpenConnectionAsync();
            using var rows = await connection.BeginTextExportAsync($"copy (select concat_ws(' ', {columns}) from {table}) to stdout");
            var page = new StringBuilder();
            while (await rows.ReadLineAsync() is { } row)
            {
                page.Append(row).Append('\n');
                if (page.Length < 1_000_000) continue;
                Look($"{name} {table}", page.ToString());
                page.Clear();
            }
            Look($"{name} {table}", page.ToString());
        }
    }

    /// <summary>Every file below a folder, whatever its format: forbidden text is ASCII.</summary>
    public void LookInFiles(string name, string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            try
            {
                var mail = file.EndsWith(".eml", StringComparison.Ordinal);
                // Quoted-printable breaks lines within words.
                var text = Encoding.Latin1.GetString(File.ReadAllBytes(file));
                Look($"{name} {Path.GetRelativePath(folder, file)}", mail ? text.Replace("=\r\n", "", StringComparison.Ordinal).Replace("=\n", "", StringComparison.Ordinal) : text, mail);
            }
            catch (FileNotFoundException)
            {
                // Gone since it was listed: a journal that was emptied.
            }
        }
    }

    public void ThrowIfFound()
    {
        if (_found.Count > 0) throw new InvalidOperationException($"{_found.Count} times content or secrets were kept:\n{string.Join('\n', _found.Take(20))}");
    }

    private static string Around(string text, Match match)
    {
        var from = Math.Max(0, match.Index - 60);
        return text[from..Math.Min(text.Length, match.Index + 8)].ReplaceLineEndings(" ");
    }

    // A prompt's word, an answer's word, a secret in its whole form, a provider's key of the tests, an access token, the owner's password.
    [GeneratedRegex(
        """\bwozq\b|somezqing|\b(amber|bridge|cloud|delta|ember|field|garden|harbor|island|jasmine|lantern|meadow|north|orchard|paper|river)zq\b|\b(ts_live|tst|tsg|tsr|tsi|tsp)_[0-9A-Za-z]{49}(?![0-9A-Za-z])|\bsk-sim-[a-z]+|\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.|correct horse battery staple""",
        RegexOptions.CultureInvariant)]
    private static partial Regex Forbidden();
}

using System.Text;

namespace TokenSense.Simulator;

/// <summary>Text from a seed: the same request gets the same words, cut into as many pieces as asked.</summary>
public static class Words
{
    private const int WordsMax = 256;
    private const int HugeCharacters = 2 * 1024 * 1024;

    // Words that stand nowhere else: whoever finds "zq" in what a system keeps has found an answer.
    private static readonly string[] Plain =
    [
        "amberzq", "bridgezq", "cloudzq", "deltazq", "emberzq", "fieldzq", "gardenzq", "harborzq", "islandzq",
        "jasminezq", "lanternzq", "meadowzq", "northzq", "orchardzq", "paperzq", "riverzq",
    ];
    private static readonly string[] Unicode =
    [
        "naïve", "Straße", "日本語", "👩‍👩‍👧‍👦", "🦊", "é", "Ελλάδα", "עברית",
        "\"quoted\"", "back\\slash", "line\nbreak", "tab\tstop", "\u2028", "</script>", "𝒳", "data: x\n\n",
    ];

    public static string[] Pieces(uint seed, Directives asked)
    {
        if (asked.Output == 0 && asked.Fault != Fault.Huge) return [];
        var words = asked.Unicode ? Unicode : Plain;
        var count = Math.Max(asked.Chunks, (int)Math.Min(asked.Output ?? 8, WordsMax));
        var charactersMin = asked.Fault == Fault.Huge ? HugeCharacters / asked.Chunks : 0;
        var pieces = new string[asked.Chunks];
        var (text, written) = (new StringBuilder(), 0);
        for (var i = 0; i < pieces.Length; i++)
        {
            for (var until = (int)((long)count * (i + 1) / pieces.Length); written < until || text.Length < charactersMin; written++)
            {
                seed = unchecked(seed * 1664525 + 1013904223);
                if (written > 0) text.Append(' ');
                text.Append(words[seed >> 28]);
            }
            pieces[i] = text.ToString();
            text.Clear();
        }
        return pieces;
    }
}

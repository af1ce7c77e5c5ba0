using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenTelemetry;

namespace TokenSense.ServiceDefaults;

/// <summary>Takes secrets out of traces that a client wrote where none belongs: into the path of an address.</summary>
internal sealed partial class SecretsLeftOut : BaseProcessor<Activity>
{
    public override void OnEnd(Activity activity)
    {
        // A tag that is set anew would change what is walked through.
        List<(string Name, string Value)>? told = null;
        foreach (var (name, value) in activity.TagObjects)
            if (value is string text && Secret().IsMatch(text)) (told ??= []).Add((name, Secret().Replace(text, "$1_…")));
        foreach (var (name, value) in told ?? []) activity.SetTag(name, value);
        if (Secret().IsMatch(activity.DisplayName)) activity.DisplayName = Secret().Replace(activity.DisplayName, "$1_…");
    }

    // The forms of Access.Secret, whole or a part of one.
    [GeneratedRegex("(ts_live|tst|tsg|tsr|tsi|tsp)_[0-9A-Za-z]{8,}", RegexOptions.CultureInvariant)]
    private static partial Regex Secret();
}

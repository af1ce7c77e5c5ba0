namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>Why a file could not be made, as the page says it that somebody is led back to.</summary>
public static class FileTrouble
{
    /// <param name="code">Of the API's refusal, from the page's address; null: there is none.</param>
    public static string? InWords(string? code) => code switch
    {
        null or "" => null,
        "RATE_LIMITED" => "The file was not made: too many are being made right now. Try again in a few seconds.",
        "SERVICE_UNAVAILABLE" => "The file was not made: a service does not answer, or took too long. Try again shortly.",
        "NOT_FOUND" => "The file was not made: what it is of does not exist any more.",
        "FORBIDDEN" => "The file was not made: your role may not have it.",
        _ => "The file could not be made. Try again; if it stays so, tell whoever runs TokenSense.",
    };
}

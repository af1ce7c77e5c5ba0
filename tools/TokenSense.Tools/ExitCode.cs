namespace TokenSense.Tools;

public static class ExitCode
{
    public const int Same = 0;
    public const int Different = 1;

    /// <summary>Wrong input, or a stack that does not answer: nothing was compared.</summary>
    public const int CannotRun = 2;

    /// <summary>Ctrl-C, as shells count it.</summary>
    public const int Interrupted = 130;
}

/// <summary>Ends the command with this one line and <see cref="ExitCode.CannotRun"/>.</summary>
public sealed class CannotRunException(string message, Exception? cause = null) : Exception(message, cause);

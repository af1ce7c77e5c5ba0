namespace TokenSense.ServiceDefaults;

/// <summary>A file that nobody else can read and that is deleted when it is closed.</summary>
public static class ScratchFile
{
    /// <param name="of">What it holds, in its name: <c>tokensense-{of}-…</c>.</param>
    public static FileStream New(string of)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 65_536,
            Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
        };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(Path.Combine(Path.GetTempPath(), $"tokensense-{of}-{Guid.NewGuid():N}"), options);
    }
}

using System.Globalization;
using MimeKit;

namespace TokenSense.ServiceDefaults.Mail;

/// <summary>Where mail goes that no server is set for: one file for each, readable by the service's user alone, the newest kept.</summary>
public sealed class MailFolder(string path)
{
    public const int FilesMax = 1_000;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly SemaphoreSlim _one = new(1);

    public string Path => path;

    /// <param name="at">Sorts the files; the same at every retry, which so writes over what it wrote before.</param>
    /// <param name="name">Names the mail.</param>
    public async Task Write(MimeMessage mail, DateTimeOffset at, string name, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            Open();
            var file = System.IO.Path.Combine(path, $"{at.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}-{name}.eml");
            var half = $"{file}.tmp";
            await using (var stream = File.Create(half)) await mail.WriteToAsync(stream, ct);
            File.Move(half, file, overwrite: true);
            foreach (var old in Directory.GetFiles(path).Order(StringComparer.Ordinal).SkipLast(FilesMax)) File.Delete(old);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Deletes what was written to an address.</summary>
    public void Forget(string address)
    {
        if (!Directory.Exists(path)) return;
        foreach (var file in Directory.GetFiles(path, $"*.{Postbox.MarkOf(address)}.eml")) File.Delete(file);
    }

    private void Open()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }
        Directory.CreateDirectory(path, Private);
        File.SetUnixFileMode(path, Private);
    }
}

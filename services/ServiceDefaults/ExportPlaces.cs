namespace TokenSense.ServiceDefaults;

/// <summary>How many exports are made at once, and how many lie on disk while their clients read; more are told to come back.</summary>
/// <remarks>Two bounds, so that a few slow clients do not take everybody's exports.</remarks>
public sealed class ExportPlaces
{
    public const int MadeAtOnceMax = 4;
    public const int FilesMax = 32;
    private readonly SemaphoreSlim _making = new(MadeAtOnceMax);
    private readonly SemaphoreSlim _files = new(FilesMax);

    /// <returns>Null: all are taken.</returns>
    public Place? Take()
    {
        if (!_files.Wait(0)) return null;
        if (_making.Wait(0)) return new Place(this);
        _files.Release();
        return null;
    }

    /// <summary>One export's, until its file is gone.</summary>
    public sealed class Place(ExportPlaces places) : IDisposable
    {
        private bool _isMade;

        public void Made()
        {
            if (_isMade) return;
            _isMade = true;
            places._making.Release();
        }

        public void Dispose()
        {
            Made();
            places._files.Release();
        }
    }
}

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>The way through a list that is read page by page: the API gives the next page's cursor, the ones before are kept.</summary>
public sealed class Cursors
{
    private readonly Stack<string> _passed = [];
    private string? _next;

    /// <summary>Of the page that is shown; empty for the first.</summary>
    public string Here { get; private set; } = "";

    public int Page => _passed.Count + 1;
    public bool HasBefore => _passed.Count > 0;
    public bool HasNext => _next is not null;

    /// <param name="next">What the answer for this page named.</param>
    public void Read(string? next) => _next = next;

    public void Forth()
    {
        if (_next is null) return;
        _passed.Push(Here);
        (Here, _next) = (_next, null);
    }

    public void Back()
    {
        if (_passed.TryPop(out var before)) (Here, _next) = (before, null);
    }

    public void Restart()
    {
        _passed.Clear();
        (Here, _next) = ("", null);
    }
}

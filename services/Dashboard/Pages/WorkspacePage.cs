using System.Net;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Live;
using TokenSense.Dashboard.Pages.Shared;
using TokenSense.Dashboard.Session;

namespace TokenSense.Dashboard.Pages;

/// <summary>A page of a workspace: it reads what it shows, and reads it again when that changed elsewhere.</summary>
public abstract class WorkspacePage : ComponentBase, IDisposable
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(3), JustMade = TimeSpan.FromMinutes(1);
    private readonly CancellationTokenSource _gone = new();
    private readonly Pace _pace = new();
    private IDisposable? _watch;
    private Guid _watched;
    private int _asked;
    private bool _reading;

    [CascadingParameter] public WorkspaceModel Workspace { get; set; } = null!;
    [Inject] protected ApiClient Api { get; set; } = null!;
    [Inject] protected LiveChanges Live { get; set; } = null!;
    [Inject] protected ISnackbar Notes { get; set; } = null!;
    [Inject] protected IDialogService Dialogs { get; set; } = null!;
    [Inject] protected NavigationManager Navigation { get; set; } = null!;
    [Inject] private TimeProvider Clock { get; set; } = null!;

    /// <summary>Why nothing can be shown, in words.</summary>
    protected string? Problem { get; private set; }

    protected bool IsRead { get; private set; }
    protected CancellationToken Gone => _gone.Token;

    /// <summary>What makes the page read again.</summary>
    protected abstract Subject Subjects { get; }

    protected abstract Task Read(CancellationToken ct);

    /// <summary>The page is gone.</summary>
    protected virtual void Left()
    {
    }

    protected override async Task OnParametersSetAsync()
    {
        if (_watched != Workspace.Id)
        {
            _watch?.Dispose();
            (_watched, IsRead) = (Workspace.Id, false);
            _watch = Live.On(Workspace.Id, Subjects, () => _ = InvokeAsync(Hear));
        }
        await ReadAgain();
    }

    /// <summary>Reads now; asked while it reads, it reads once more.</summary>
    protected Task ReadAgain()
    {
        _asked++;
        _pace.Hurry();
        return ReadAll();
    }

    // Under traffic at intervals: many changes in a moment are read as one.
    private Task Hear()
    {
        _asked++;
        return ReadAll();
    }

    private async Task ReadAll()
    {
        if (_reading) return;
        _reading = true;
        try
        {
            for (var seen = 0; seen != _asked && !_gone.IsCancellationRequested;)
            {
                await _pace.Keep(_gone.Token);
                seen = _asked;
                await Read(_gone.Token);
                (IsRead, Problem) = (true, null);
                StateHasChanged();
            }
        }
        catch (ApiProblem e)
        {
            Problem = e.Words;
            StateHasChanged();
            // What is away for a moment comes back without anybody's doing; and a workspace that was just made is known everywhere a moment later.
            if ((int)e.Status >= 500 || (e.Status == HttpStatusCode.NotFound && Clock.GetUtcNow() - Workspace.CreatedAt < JustMade)) _ = ReadLater();
        }
        catch (SignedOut)
        {
            Navigation.ToSignIn();
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
        }
        finally
        {
            _reading = false;
        }
    }

    private async Task ReadLater()
    {
        await Task.Delay(TryAgainAfter, _gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_gone.IsCancellationRequested) await InvokeAsync(ReadAgain);
    }

    /// <summary>Does what somebody asked for, says what came of it, and reads again.</summary>
    /// <returns>Whether it was done.</returns>
    protected async Task<bool> Do(Func<Task> work, string? done = null)
    {
        try
        {
            await work();
            if (done is not null) Notes.Add(done, Severity.Success);
            await ReadAgain();
            return true;
        }
        catch (ApiProblem e)
        {
            Notes.Add(e.Words, Severity.Error);
            return false;
        }
        catch (SignedOut)
        {
            Navigation.ToSignIn();
            return false;
        }
    }

    /// <summary>For items of a menu: it closes at once, and not when the dialog that the item opens does.</summary>
    protected Action Begin(Func<Task> work) => () => _ = InvokeAsync(async () =>
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }
    });

    public void Dispose()
    {
        _watch?.Dispose();
        Left();
        _gone.Cancel();
        GC.SuppressFinalize(this);
    }
}

using Microsoft.AspNetCore.Components;
using MudBlazor;
using TokenSense.Dashboard.Client;
using TokenSense.Dashboard.Session;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>A dialog that sends something: it stays open with what was typed until the API took it.</summary>
/// <remarks>Nothing it does may throw: dialogs are drawn beside the page, where no fault of theirs is caught.</remarks>
public abstract class FormDialog : ComponentBase
{
    /// <summary>Of its form, for the button that stands outside: so Enter does what the button does.</summary>
    protected const string FormId = "dialog-form";

    [CascadingParameter] protected IMudDialogInstance Dialog { get; set; } = null!;

    /// <summary>Where it is; what belongs to no workspace leaves it out.</summary>
    [Parameter] public WorkspaceModel Workspace { get; set; } = null!;
    [Inject] protected ApiClient Api { get; set; } = null!;

    protected FieldErrors Errors { get; set; } = FieldErrors.None;
    protected bool Busy { get; private set; }

    /// <summary>Its fields, as the API names them.</summary>
    protected abstract IReadOnlyCollection<string> Fields { get; }

    /// <returns>Whether it was done.</returns>
    protected async Task<bool> Send(Func<Task> work)
    {
        if (Busy) return false;
        (Busy, Errors) = (true, FieldErrors.None);
        try
        {
            await work();
            return true;
        }
        catch (ApiProblem e)
        {
            Errors = FieldErrors.Of(e, Fields);
        }
        catch (SignedOut)
        {
            Errors = FieldErrors.Of(new ApiProblem(System.Net.HttpStatusCode.Unauthorized, "", "You are signed out. Sign in in another tab, then try again.", new Dictionary<string, string[]>()), Fields);
        }
        finally
        {
            Busy = false;
        }
        return false;
    }

    protected void Cancel() => Dialog.Cancel();
}

using MudBlazor;

namespace TokenSense.Dashboard.Pages.Shared;

/// <summary>Dialogs, asked in one line.</summary>
public static class Ask
{
    // What was typed is not lost by a click beside it.
    private static readonly DialogOptions Form = new() { MaxWidth = MaxWidth.Small, FullWidth = true, BackdropClick = false, CloseButton = true };
    private static readonly DialogOptions OnPurpose = new() { MaxWidth = MaxWidth.Small, FullWidth = true, BackdropClick = false, CloseOnEscapeKey = false };

    /// <summary>Before something that cannot be undone, or that stops calls.</summary>
    public static async Task<bool> Confirm(this IDialogService dialogs, string title, string text, string yes) =>
        await dialogs.ShowMessageBoxAsync(title, text, yesText: yes, cancelText: "Cancel") == true;

    /// <returns>What the dialog closed with; default where it was cancelled.</returns>
    public static async Task<T?> Open<TDialog, T>(this IDialogService dialogs, string title, DialogParameters<TDialog> parameters) where TDialog : Microsoft.AspNetCore.Components.IComponent
    {
        var opened = await dialogs.ShowAsync<TDialog>(title, parameters, Form);
        return await opened.Result is { Canceled: false, Data: T data } ? data : default;
    }

    /// <summary>Shows a secret, the one time that it can be shown.</summary>
    public static async Task ShowSecret(this IDialogService dialogs, string title, string secret, string text)
    {
        var opened = await dialogs.ShowAsync<SecretOnce>(title, new DialogParameters<SecretOnce> { { d => d.Secret, secret }, { d => d.Text, text } }, OnPurpose);
        await opened.Result;
    }
}

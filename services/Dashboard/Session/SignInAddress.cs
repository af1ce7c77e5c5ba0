using Microsoft.AspNetCore.Components;

namespace TokenSense.Dashboard.Session;

public static class SignInAddress
{
    /// <summary>Leaves the page for the sign-in, which leads back to it.</summary>
    public static void ToSignIn(this NavigationManager navigation) =>
        navigation.NavigateTo($"{SessionCookie.SignInPage}?to={Uri.EscapeDataString("/" + navigation.ToBaseRelativePath(navigation.Uri))}", forceLoad: true);
}

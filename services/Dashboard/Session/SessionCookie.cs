using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Session;

/// <summary>Pages are signed in by a cookie that scripts cannot read and that goes to this origin alone; the API by bearer tokens, as ever.</summary>
public static class SessionCookie
{
    public const string Renew = "/session/renew", End = "/session/end", SignInPage = "/sign-in";

    public static void AddSessionCookie(this WebApplicationBuilder builder)
    {
        // The keys lie in a folder that only this user reads; there is nothing here to encrypt them with.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        var home = builder.Configuration["TOKENSENSE_HOME"] is { Length: > 0 } given ? given : ".tokensense";
        // Shared by replicas and kept over restarts, else everybody would be signed out by one.
        builder.Services.AddDataProtection().SetApplicationName("tokensense-console")
            .PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(home, "console-keys")));
        builder.Services.AddSingleton<SignInClient>();
        builder.Services.AddSingleton<TokenShelf>();
        builder.Services.AddCascadingAuthenticationState();
        builder.Services.AddAuthorization();
        builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
        {
            cookie.Cookie.Name = "tokensense-console";
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.LoginPath = SignInPage;
            cookie.ReturnUrlParameter = "to";
            cookie.ExpireTimeSpan = TimeSpan.FromDays(14);
            cookie.SlidingExpiration = true;
            cookie.Events.OnValidatePrincipal = Validate;
        });
    }

    public static void MapSessionCookie(this WebApplication app)
    {
        // A page asks every few minutes, and before its token ends: the cookie is renewed on the way (Validate).
        app.MapPost(Renew, (HttpContext http) => http.User.Identity?.IsAuthenticated is true ? Results.NoContent() : Results.Unauthorized())
            .DisableAntiforgery().ExcludeFromDescription();
        app.MapPost(End, async (HttpContext http, SignInClient signIn, TokenShelf shelf) =>
        {
            if (http.User.FindFirst(SessionClaim)?.Value is { } session)
            {
                try { if (shelf.Find(session) is { } held) await signIn.SignOut(held.AccessToken, http); }
                catch (ApiProblem) { /* The cookie goes in any case; the session ends by itself. */ }
                shelf.Forget(session);
            }
            await http.SignOutAsync();
            return Results.Redirect(SignInPage);
        }).DisableAntiforgery().ExcludeFromDescription();
    }

    public const string SessionClaim = "console-session";

    public static async Task SignIn(HttpContext http, ConsoleTokens tokens)
    {
        var properties = new AuthenticationProperties { IsPersistent = true };
        tokens.Write(properties);
        await http.SignInAsync(PrincipalOf(tokens), properties);
    }

    private static ClaimsPrincipal PrincipalOf(ConsoleTokens tokens) => new(new ClaimsIdentity(
        [new Claim(SessionClaim, tokens.SessionId), .. tokens.Claims], CookieAuthenticationDefaults.AuthenticationScheme, "name", null));

    private static async Task Validate(CookieValidatePrincipalContext cookie)
    {
        var held = ConsoleTokens.Read(cookie.Properties);
        var current = held is null ? null : await cookie.HttpContext.RequestServices.GetRequiredService<TokenShelf>().Current(held, cookie.HttpContext);
        if (current is null)
        {
            cookie.RejectPrincipal();
            await cookie.HttpContext.SignOutAsync();
            return;
        }
        if (current == held) return;
        current.Write(cookie.Properties);
        cookie.ReplacePrincipal(PrincipalOf(current));
        cookie.ShouldRenew = true;
    }
}

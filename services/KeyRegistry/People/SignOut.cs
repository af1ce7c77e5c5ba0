using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.People;

/// <summary>A person's sessions, and their end: this one's, or another one's.</summary>
public static class SignOut
{
    public static async Task<Results<Ok<Page<SessionView>>, ProblemHttpResult>> List(Paging paging, HttpContext http, Sessions sessions, CancellationToken ct)
    {
        if (!paging.IsValid) return Problems.Invalid(paging.Errors);
        var who = http.Who();
        return TypedResults.Ok(paging.Of(await sessions.Of(who.Id, who.SessionId, paging.After, paging.Take, ct), s => s.Id, s => s));
    }

    public static async Task<NoContent> Handle(HttpContext http, Sessions sessions, CancellationToken ct)
    {
        var who = http.Who();
        await sessions.End(who.Id, [who.SessionId], who.Actor, http.From(), ct);
        return TypedResults.NoContent();
    }

    public static async Task<Results<NoContent, ProblemHttpResult>> End(Guid id, HttpContext http, Sessions sessions, CancellationToken ct)
    {
        var who = http.Who();
        return await sessions.End(who.Id, [id], who.Actor, http.From(), ct) ? TypedResults.NoContent() : Problems.NotFound();
    }
}

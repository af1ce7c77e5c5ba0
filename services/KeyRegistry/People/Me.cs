using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.People;

public sealed record ChangeMeRequest(string Name);

public sealed record PersonView(Guid Id, string Email, string Name, bool IsOperator, DateTimeOffset CreatedAt)
{
    public static PersonView Of(Person person) => new(person.Id, person.Email, person.Name, person.IsOperator, person.CreatedAt);
}

/// <summary>Who is signed in.</summary>
public static class Me
{
    public static async Task<Results<Ok<PersonView>, ProblemHttpResult>> Get(HttpContext http, IQuerySession people, CancellationToken ct) =>
        await people.LoadAsync<Person>(http.Who().Id, ct) is { } person ? TypedResults.Ok(PersonView.Of(person)) : Problems.NotFound();

    public static async Task<Results<Ok<PersonView>, ProblemHttpResult>> Change(Form form, HttpContext http, Changes changes, TimeProvider clock, CancellationToken ct)
    {
        var name = form.Text("name", 100, required: true);
        if (form.Has("email")) form.Error("email", "cannot be changed: have the other address invited, and delete this account");
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        var who = http.Who();
        var now = clock.GetUtcNow();
        await using var change = await changes.Begin(who.Actor, http.From(), ct);
        if (await Person.Hold(change, who.Id, ct) is not { } person) return Problems.NotFound();
        if (person.Name == name) return TypedResults.Ok(PersonView.Of(person));
        person = person with { Name = name! };
        await Person.Write(change, person.Id, person, p => Registration.Decide(new PersonCommand.Describe((p?.Revision ?? 0) + 1, now), p), ct);
        await change.Commit(ct);
        return TypedResults.Ok(PersonView.Of(person));
    }
}

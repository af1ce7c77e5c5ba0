using TokenSense.Contracts;

namespace TokenSense.KeyRegistry.People;

/// <summary>A person who can sign in.</summary>
/// <remarks>
/// A plain document: erasing it and the directory's row erases all that is known of them. Events hold the id alone
/// (<see cref="Registration"/>).
/// </remarks>
/// <param name="Email">Lower-case.</param>
/// <param name="PasswordHash">By ASP.NET's <c>PasswordHasher</c> (PBKDF2).</param>
/// <param name="IsOperator">Runs the installation (product decision 17).</param>
public sealed record Person(Guid Id, string Email, string Name, string PasswordHash, bool IsOperator, DateTimeOffset CreatedAt)
{
    /// <summary>Writes who somebody is with the event that says so: the document, and the directory's row that is told.</summary>
    /// <param name="change">Of the installation, not of a workspace.</param>
    /// <param name="id">The person's.</param>
    /// <param name="who">Null: nobody any more; their mail and name are erased.</param>
    /// <param name="decide">Where it decides nothing, nothing is told.</param>
    /// <param name="ct">Stops it.</param>
    public static Task<Registration> Write(
        Change change, Guid id, Person? who, Func<Registration?, IEnumerable<PersonEvent>> decide, CancellationToken ct)
    {
        if (who is null) change.Session.Delete<Person>(id);
        else change.Session.Store(who);
        return change.Decide(Registration.Stream(id), decide, (Registration _, long version) => Contract(id, who, version), ct);
    }

    /// <summary>A person as they are, held until the change commits: whoever signs in meanwhile waits, and finds what it made of them.</summary>
    public static async Task<Person?> Hold(Change change, Guid id, CancellationToken ct)
    {
        await change.Execute("select from mt_doc_person where id = $1 for update", [id], ct);
        return await change.Session.LoadAsync<Person>(id, ct);
    }

    private static PersonChanged Contract(Guid id, Person? who, long version) =>
        new() { UserId = id, Email = who?.Email, Name = who?.Name, IsOperator = who is { IsOperator: true }, Version = version };
}

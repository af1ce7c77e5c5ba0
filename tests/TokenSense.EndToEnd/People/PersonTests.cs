using Shouldly;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.People;

/// <summary>Who people are is told to those who must reach them, and kept only where it can be erased.</summary>
[Collection(nameof(SharedStack))]
public sealed class PersonTests(SharedStack shared)
{
    private const string Registered = "select count(*) from mt_events where type = 'person-registered'";

    [Fact]
    public async Task The_owner_is_in_the_key_registrys_directory_and_in_no_event_of_any_store()
    {
        (await shared.Stack.Query<string>("keyregistry", $"select body->>'name' from directory where kind = 'person' and body->>'email' = '{Stack.OwnerEmail}'")).ShouldBe("owner");
        (await Mentions("keyregistry", "directory")).ShouldBe(1);
        foreach (var database in new[] { "keyregistry", "metering", "budgets" }) (await Mentions(database, "mt_events")).ShouldBe(0, database);
        foreach (var database in new[] { "metering", "budgets" }) (await Mentions(database, "directory")).ShouldBe(0, database);
    }

    [Fact]
    public async Task People_of_an_older_installation_are_told_at_the_next_start_and_once()
    {
        var people = await shared.Stack.Query<long>("keyregistry", "select count(*) from mt_doc_person");
        await using var watcher = await Watcher.On(shared.Stack, "PersonChanged");
        // Before people had streams there was the document alone.
        await shared.Stack.Execute("keyregistry",
            """
            delete from mt_events where stream_id like 'person-%';
            delete from mt_streams where id like 'person-%';
            delete from directory where kind = 'person';
            """);
        await using (await shared.Stack.Another("KeyRegistry")) { }
        (await shared.Stack.Query<long>("keyregistry", Registered)).ShouldBe(people);
        var told = (await Until.Seen(() => Task.FromResult(watcher.Seen.FirstOrDefault(seen => (string?)seen["email"] == Stack.OwnerEmail)), seen => seen is not null, "PersonChanged"))!;
        ((string?)told["email"], (string?)told["name"], (bool)told["isOperator"]!, (long)told["version"]!).ShouldBe((Stack.OwnerEmail, "owner", true, 1L));
        (await shared.Stack.Query<string>("keyregistry", $"select id from directory where kind = 'person' and body->>'email' = '{Stack.OwnerEmail}'")).ShouldBe((string?)told["userId"]);

        await using (await shared.Stack.Another("KeyRegistry")) { }
        (await shared.Stack.Query<long>("keyregistry", Registered)).ShouldBe(people);
        (await Mentions("keyregistry", "mt_events")).ShouldBe(0);
    }

    private Task<long> Mentions(string database, string table) =>
        shared.Stack.Query<long>(database, $"select count(*) from {table} t where t::text ilike '%{Stack.OwnerEmail}%'");
}

using Npgsql;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.EndToEnd.Running;
using TokenSense.ServiceDefaults.Access;
using Xunit;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.EndToEnd.People;

/// <summary>A directory that keeps people, on a real database of its own.</summary>
[Collection(nameof(SharedStack))]
public sealed class DirectoryTests(SharedStack shared) : IAsyncLifetime
{
    private readonly string _name = $"test_{Guid.NewGuid():N}"[..16];
    private readonly Guid _workspace = Guid.CreateVersion7();
    private NpgsqlDataSource _server = null!, _database = null!;
    private Directory _directory = null!;

    public async ValueTask InitializeAsync()
    {
        _server = Source("postgres");
        await Run(_server, $"create database \"{_name}\"");
        _database = Source(_name);
        await Run(_database, Directory.Tables);
        _directory = new Directory(_database);
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await Until.Seen(() => Stack.Drop(_server, _name), dropped => dropped, "the end of the database");
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Owners_and_admins_of_a_workspace_are_found_with_their_addresses()
    {
        var (owner, admin, member, gone) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        foreach (var (user, role) in new[] { (owner, "owner"), (admin, "admin"), (member, "member"), (gone, null) })
            await Take(new MemberChanged { WorkspaceId = _workspace, UserId = user, Role = role, Version = 1 });
        await Take(new MemberChanged { WorkspaceId = Guid.CreateVersion7(), UserId = member, Role = "owner", Version = 1 });
        foreach (var user in new[] { owner, member, gone }) await Take(Person(user, 1));

        var found = await _directory.People(_workspace, Role.Admin, default);
        found.OrderByDescending(p => p.Role).ShouldBe([new(owner, Role.Owner, Email(owner), "Somebody"), new(admin, Role.Admin, null, null)]);
        (await _directory.People(_workspace, Role.Viewer, default)).Count.ShouldBe(3);
    }

    [Fact]
    public async Task An_erased_person_leaves_no_address_whatever_arrives_late()
    {
        var user = Guid.NewGuid();
        await Take(new MemberChanged { WorkspaceId = _workspace, UserId = user, Role = "owner", Version = 1 });
        await Take(Person(user, 1));
        await Take(new PersonChanged { UserId = user, Version = 3 });
        await Take(Person(user, 2));

        (await _directory.People(_workspace, Role.Owner, default)).ShouldBe([new(user, Role.Owner, null, null)]);
        await using var mentions = _database.CreateCommand("select count(*) from directory d where d::text like '%@%' or d::text like '%Somebody%'");
        (await mentions.ExecuteScalarAsync()).ShouldBe(0L);
    }

    private static string Email(Guid user) => $"{user}@example.com";

    private static PersonChanged Person(Guid user, long version) => new() { UserId = user, Email = Email(user), Name = "Somebody", Version = version };

    private Task Take(object state) => _directory.Apply(state, default);

    private NpgsqlDataSource Source(string database) => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(shared.Stack.Backends.Postgres) { Database = database, Pooling = false }.ConnectionString);

    private static async Task Run(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}

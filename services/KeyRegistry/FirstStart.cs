using System.Text;
using Marten;
using Marten.Linq.MatchesSql;
using TokenSense.KeyRegistry.Credentials;
using TokenSense.KeyRegistry.People;
using TokenSense.KeyRegistry.Workspaces;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry;

/// <summary>What an installation starts with, from its settings.</summary>
/// <param name="GatewayToken">Of the gateway <c>default</c>; null: none is made.</param>
/// <param name="Home">Where a generated password is left for the person who installs.</param>
public sealed record FirstSettings(string OwnerEmail, string? OwnerPassword, string? GatewayToken, string Home)
{
    public static FirstSettings From(IConfiguration settings)
    {
        var email = Given("TOKENSENSE_OWNER_EMAIL")?.Trim().ToLowerInvariant() ?? "owner@localhost";
        if (email.Length > 254 || email.Count(c => c == '@') != 1 || email.StartsWith('@') || email.EndsWith('@') || email.Any(char.IsWhiteSpace))
            throw new InvalidOperationException("TOKENSENSE_OWNER_EMAIL is not an e-mail address.");
        var token = Given("TOKENSENSE_GATEWAY_TOKEN");
        if (token is not null && !Secret.IsWellFormed(token, Secret.Gateway))
            throw new InvalidOperationException(
                "TOKENSENSE_GATEWAY_TOKEN is not a gateway token: tsg_, 43 characters of base62, 6 of checksum. Leave it out, or have one generated.");
        return new(email, Given("TOKENSENSE_OWNER_PASSWORD"), token, Given("TOKENSENSE_HOME") ?? ".tokensense");

        string? Given(string name) => settings[name] is { Length: > 0 } value ? value : null;
    }
}

/// <summary>Makes the signing key, the owner, a first workspace and the first gateway's credential, before anyone is served.</summary>
/// <remarks>All in one change under the installation's lock: of several replicas that start at once, one does it and the others find it done.</remarks>
public sealed class FirstStart(Changes changes, FirstSettings settings, GatewayUsers users, TimeProvider clock, ILogger<FirstStart> log) : IHostedService
{
    private const string By = "system";
    public const string DefaultName = "default";

    public async Task StartAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await using var change = await changes.Begin(By, from: "", ct);
        await AccessTokens.Ensure(change, now, ct);
        if (settings.GatewayToken is { } token) await AdmitDefaultGateway(change, token, now, ct);
        await RegisterKnown(change, now, ct);
        // Last, because it enters the workspace that it makes.
        await MakeOwner(change, now, ct);
        await change.Commit(ct);
        users.Wake();
    }

    public Task StopAsync(CancellationToken ct) => Task.CompletedTask;

    // Later changes of these settings are not followed: the password may have been changed since, the workspace deleted.
    private async Task MakeOwner(Change change, DateTimeOffset now, CancellationToken ct)
    {
        if (await change.Session.Query<Person>().AnyAsync(ct)) return;
        var owner = new Person(
            Guid.CreateVersion7(now), settings.OwnerEmail, settings.OwnerEmail.Split('@')[0],
            Passwords.HashOf(settings.OwnerPassword ?? LeavePassword()), IsOperator: true, now);
        await Register(change, owner, now, ct);
        var workspace = new WorkspaceCommand.Create(Guid.CreateVersion7(now), DefaultName, "Default", "UTC", now);
        await CreateWorkspace.Create(change, workspace, owner.Id, ct);
    }

    // Those of an installation that is older than the streams of people.
    private static async Task RegisterKnown(Change change, DateTimeOffset now, CancellationToken ct)
    {
        var untold = await change.Session.Query<Person>()
            .Where(p => p.MatchesSql("not exists (select 1 from directory r where r.kind = 'person' and r.id = d.id::text)"))
            .ToListAsync(ct);
        foreach (var person in untold) await Register(change, person, now, ct);
    }

    private static Task Register(Change change, Person person, DateTimeOffset now, CancellationToken ct)
    {
        var register = new PersonCommand.Register(person.Id, now);
        return Person.Write(change, person.Id, person, p => Registration.Decide(register, p), ct);
    }

    // A generated password goes into a file that only this user can read, and never into a log.
    private string LeavePassword()
    {
        var password = Secret.New("")[..24];
        var file = System.IO.Path.GetFullPath(System.IO.Path.Combine(settings.Home, "owner-password"));
        try
        {
            System.IO.Directory.CreateDirectory(settings.Home);
            System.IO.File.Delete(file);
            var options = new System.IO.FileStreamOptions { Mode = System.IO.FileMode.CreateNew, Access = System.IO.FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = System.IO.UnixFileMode.UserRead | System.IO.UnixFileMode.UserWrite;
            using var stream = new System.IO.FileStream(file, options);
            stream.Write(Encoding.UTF8.GetBytes(password + "\n"));
        }
        catch (Exception e) when (e is System.IO.IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"TOKENSENSE_OWNER_PASSWORD is not set, and a generated one cannot be left in {file}: {e.Message}", e);
        }
        log.LogWarning(
            "TOKENSENSE_OWNER_PASSWORD is not set: the password of the first owner was generated and is in {File}. Keep it elsewhere, delete the file.",
            file);
        return password;
    }

    // The setting is followed: another token replaces the one before. One that an operator revoked stays revoked.
    private async Task AdmitDefaultGateway(Change change, string token, DateTimeOffset now, CancellationToken ct)
    {
        var sha256 = Secret.Hash(token);
        var known = await AdmitGateway.Named(change, DefaultName, ct);
        var holder = await change.Session.Query<Credential>().FirstOrDefaultAsync(c => c.Sha256 == sha256, ct);
        if (holder is not null && holder.Id != known?.Id)
        {
            if (holder.RevokedAt is null)
                throw new InvalidOperationException($"TOKENSENSE_GATEWAY_TOKEN is the token of the gateway {holder.Name} already.");
            log.LogWarning("TOKENSENSE_GATEWAY_TOKEN was revoked and stays so: the gateway that uses it is refused. Set another one.");
            return;
        }
        await GatewayUsers.Want(change, DefaultName, token, ct);
        if (known is not null)
        {
            var replace = new CredentialCommand.ReplaceToken(sha256, now);
            await change.Decide(Credential.Stream(known.Id), (Credential? c) => Credential.Decide(replace, c), ct);
            return;
        }
        var admit = new CredentialCommand.AdmitGateway(Guid.CreateVersion7(now), DefaultName, Workspaces: null, sha256, By, now);
        await change.Decide(Credential.Stream(admit.Id), (Credential? c) => Credential.Decide(admit, c), ct);
    }
}

using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Marten;
using Microsoft.AspNetCore.Http.HttpResults;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.KeyRegistry.Credentials;

public sealed record AdmitGatewayRequest(string Name, IReadOnlyList<string>? Workspaces = null);

/// <param name="Workspaces">Null: every workspace.</param>
/// <param name="Token">Only in the answer that made it.</param>
/// <param name="BrokerUser">Its user at the broker, whose password is the token; null: it has none.</param>
/// <param name="BrokerUserState"><c>pending</c>, <c>ready</c> or <c>name_taken</c>; null without a user.</param>
public sealed record GatewayView(
    Guid Id, string Name, IReadOnlyList<Guid>? Workspaces,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Token,
    DateTimeOffset CreatedAt, string? BrokerUser, string? BrokerUserState)
{
    public static GatewayView Of(Credential c, IReadOnlyDictionary<string, BrokerUserView> users, string? token = null)
    {
        var user = users.GetValueOrDefault(c.Name);
        return new(c.Id, c.Name, c.Workspaces, token, c.CreatedAt, user?.Name, user?.State);
    }
}

/// <summary>The operator gives a gateway its credential. Usage is told apart by its name, so no two gateways share one.</summary>
public static partial class AdmitGateway
{
    private const int WorkspacesMax = 100;

    public static async Task<Results<Created<GatewayView>, ProblemHttpResult>> Handle(
        Form form, HttpContext http, Changes changes, Directory directory, GatewayUsers users, TimeProvider clock, CancellationToken ct)
    {
        var name = form.Text("name", 64, required: true);
        if (name is not null && !Pattern().IsMatch(name)) form.Error("name", "must be lower-case letters, digits and hyphens");
        var workspaces = await WorkspacesOf(form, directory, ct);
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        if (await users.IsTaken(name!, ct)) return Problems.Of(409, "NAME_TAKEN", $"The broker has a user for {name} that is no gateway's.");

        var person = http.Who();
        await using var change = await changes.Begin(person.Actor, http.From(), ct);
        if (await Named(change, name!, ct) is not null) return Problems.Of(409, "NAME_TAKEN", $"There is a gateway {name} already.");

        var now = clock.GetUtcNow();
        var token = Secret.New(Secret.Gateway);
        var admit = new CredentialCommand.AdmitGateway(Guid.CreateVersion7(now), name!, workspaces, Secret.Hash(token), person.Actor, now);
        var credential = await change.Decide(Credential.Stream(admit.Id), (Credential? c) => Credential.Decide(admit, c), ct);
        await GatewayUsers.Want(change, credential.Name, token, ct);
        await change.Commit(ct);
        users.Wake();
        return TypedResults.Created($"/api/v1/gateways/{admit.Id}", GatewayView.Of(credential, await users.Of([credential.Name], ct), token));
    }

    public static Task<Credential?> Named(Change change, string name, CancellationToken ct) =>
        change.Session.Query<Credential>().FirstOrDefaultAsync(c => c.Kind == Credential.Gateway && c.Name == name && c.RevokedAt == null, ct);

    private static async Task<IReadOnlyList<Guid>?> WorkspacesOf(Form form, Directory directory, CancellationToken ct)
    {
        if (form.Texts("workspaces", WorkspacesMax) is not { } named) return null;
        if (named.Count == 0) form.Error("workspaces", "must name at least one; leave it out for all");
        var found = new SortedSet<Guid>();
        foreach (var name in named)
        {
            if (await directory.Workspace(name, ct) is { } workspace) found.Add(workspace.WorkspaceId);
            else form.Error("workspaces", $"{name} is not a workspace");
        }
        return [.. found];
    }

    [GeneratedRegex("^[a-z0-9-]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}

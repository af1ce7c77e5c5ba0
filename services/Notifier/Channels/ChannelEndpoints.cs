using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using MimeKit;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Notifier.Channels;

/// <summary>Where alerts go besides the list: mail, webhooks, chat. Each channel may watch chosen budgets, thresholds and kinds.</summary>
public static class ChannelEndpoints
{
    private const int WatchedMax = 200;

    private static readonly string[] Kinds =
        [AlertKind.BudgetThreshold, AlertKind.UnpricedModel, AlertKind.UsageConflict, AlertKind.UsageRejected, AlertKind.ChannelFailing, AlertKind.GatewaySilent];

    public sealed record Answer(IReadOnlyList<ChannelView> Data, string? NextCursor);

    /// <param name="Url">Whole for admins; it may hold a credential of the receiver's.</param>
    /// <param name="Secret">Only in the answer that made or changed it.</param>
    /// <param name="OffReason">Why it was switched off by itself.</param>
    public sealed record ChannelView(
        Guid Id, string Type, string Name, string? Address, string? Url, string? Secret, IReadOnlyList<WatchedBudget>? Budgets, IReadOnlyList<int>? Thresholds,
        IReadOnlyList<string>? Kinds, bool Enabled, bool BuiltIn, string? OffReason, DateTimeOffset CreatedAt);

    public static void MapChannels(this IEndpointRouteBuilder routes)
    {
        const string all = "/workspaces/{ws}/channels", one = all + "/{id:guid}";
        routes.MapGet(all, List).WithName("list-channels").WithTags("channels").Produces<Answer>();
        routes.MapPost(all, Create).WithName("create-channel").WithTags("channels").Produces<ChannelView>(201);
        routes.MapGet(one, Get).WithName("get-channel").WithTags("channels").Produces<ChannelView>();
        routes.MapPatch(one, Change).WithName("change-channel").WithTags("channels").Produces<ChannelView>();
        routes.MapDelete(one, Delete).WithName("delete-channel").WithTags("channels").Produces(204);
    }

    private static async Task<IResult> List(Access access, ChannelStore channels, CancellationToken ct)
    {
        var found = await channels.All(access.Workspace.WorkspaceId, ct);
        var targets = await channels.Targets([.. found.Select(c => c.Id)], ct);
        return TypedResults.Ok(new Answer([.. found.Select(c => View(access, c, targets.GetValueOrDefault(c.Id), false))], null));
    }

    private static async Task<IResult> Get(Access access, Guid id, ChannelStore channels, CancellationToken ct) =>
        await channels.Find(access.Workspace.WorkspaceId, id, ct) is { Deleted: false } channel
            ? TypedResults.Ok(View(access, channel, await channels.TargetOf(id, ct), false))
            : Problems.NotFound();

    private static async Task<IResult> Create(Access access, Form form, ChannelChanges changes, Directory directory, Authentication arrival, NotifierSettings settings, CancellationToken ct)
    {
        var type = form.Text("type", 16, required: true);
        if (type is not null && !Channel.Types.Contains(type)) form.Error("type", "must be email, webhook or slack");
        var name = form.Text("name", 100, required: true);
        var target = TargetOf(form, type, new(null, null, null), settings);
        if (type == Channel.Webhook && target is { Secret: null }) target = target with { Secret = WebhookSecret.New() };
        var terms = (await TermsOf(form, access, directory, arrival, ct))(new(name ?? "", true, null, null, null));
        if (!form.IsValid) return Problems.Invalid(form.Errors);
        return await changes.Create(access, type!, terms, target!, ct) is { } made
            ? TypedResults.Created($"/api/v1/workspaces/{access.Workspace.WorkspaceId}/channels/{made.Id}", View(access, made, target, true))
            : Problems.Of(409, "TOO_MANY_CHANNELS", $"A workspace has at most {ChannelChanges.ChannelsMax} channels.");
    }

    /// <remarks>What is given changes, the rest stays; null in <c>budgets</c>, <c>thresholds</c> or <c>kinds</c> means all again. <c>rotate_secret</c> makes a new secret.</remarks>
    private static async Task<IResult> Change(
        Access access, Guid id, Form form, ChannelChanges changes, ChannelStore channels, ChannelTrouble trouble, Directory directory, Authentication arrival,
        NotifierSettings settings, CancellationToken ct)
    {
        if (await channels.Find(access.Workspace.WorkspaceId, id, ct) is not { Deleted: false } before) return Problems.NotFound();
        form.Text("name", 100, required: form.Has("name"));
        if (form.Has("type") && form.Text("type", 16) != before.Type) form.Error("type", "cannot be changed: make another channel");
        if (before.BuiltIn)
            foreach (var field in new[] { "name", "address", "url", "secret" })
                if (form.Has(field)) form.Error(field, "cannot be changed: this channel goes to the workspace's owners and admins");
        var rotates = form.Flag("rotate_secret") == true;
        if (rotates && before.Type != Channel.Webhook) form.Error("rotate_secret", "only a webhook has a secret");
        var secret = rotates ? WebhookSecret.New() : null;
        var givesTarget = form.Has("address") || form.Has("url") || form.Has("secret");
        // Read once for its errors, and again on what stands when the change is made.
        if (givesTarget) TargetOf(form, before.Type, await channels.TargetOf(id, ct), settings);
        var wanted = await TermsOf(form, access, directory, arrival, ct);
        if (!form.IsValid) return Problems.Invalid(form.Errors);

        ChannelTarget? target = null;
        var changed = await changes.Change(access, id, (channel, held) =>
        {
            if (givesTarget) target = TargetOf(form, channel.Type, held, settings);
            if (secret is not null) target = (target ?? held) with { Secret = secret };
            return (wanted(channel.Terms), target);
        }, ct);
        if (changed is null) return Problems.NotFound();
        if (changed.Terms.Enabled && (!before.Terms.Enabled || target is not null)) await trouble.IsOver(access.Workspace.WorkspaceId, id, ct);
        return TypedResults.Ok(View(access, changed, target ?? await channels.TargetOf(id, ct), secret is not null || form.Has("secret")));
    }

    private static async Task<IResult> Delete(Access access, Guid id, ChannelStore channels, ChannelChanges changes, ChannelTrouble trouble, CancellationToken ct)
    {
        if (await channels.Find(access.Workspace.WorkspaceId, id, ct) is not { Deleted: false } channel) return Problems.NotFound();
        if (channel.BuiltIn) return Problems.Of(409, "CHANNEL_BUILT_IN", "Owners and admins cannot be left out for good: switch the channel off, or let it watch less.");
        await changes.Delete(access, id, ct);
        await trouble.IsOver(access.Workspace.WorkspaceId, id, ct);
        return TypedResults.NoContent();
    }

    private static ChannelTarget? TargetOf(Form form, string? type, ChannelTarget held, NotifierSettings settings)
    {
        var (address, url, secret) = (form.Text("address", 254), form.Text("url", 2_048), form.Text("secret", 200));
        if (type == Channel.Email)
        {
            if (address is null && held.Address is null) form.Error("address", "is required");
            else if (address is not null && !(MailboxAddress.TryParse(address, out var box) && box.Address == address && box.Domain.Length > 0)) form.Error("address", "must be a mail address");
        }
        else if (address is not null) form.Error("address", "only a channel of type email has one");
        if (type is Channel.Webhook or Channel.Slack)
        {
            if (url is null && held.Url is null) form.Error("url", "is required");
            else if (url is not null && !ChannelUrl.TryRead(url, settings.AllowPrivateAddresses, out _, out var problem)) form.Error("url", problem);
        }
        else if (url is not null) form.Error("url", "a channel of type email has none");
        if (secret is not null && type != Channel.Webhook) form.Error("secret", "only a webhook has one");
        else if (secret is not null && WebhookSecret.Problem(secret) is { } wrong) form.Error("secret", wrong);
        return new(address ?? held.Address, url ?? held.Url, secret ?? held.Secret);
    }

    /// <returns>What makes the terms of those that stand when the change is made.</returns>
    private static async Task<Func<ChannelTerms, ChannelTerms>> TermsOf(Form form, Access access, Directory directory, Authentication arrival, CancellationToken ct)
    {
        var thresholds = form.WholeNumbers("thresholds", 20);
        if (thresholds?.Any(t => t is < 1 or > 1_000) == true) form.Error("thresholds", "must be percentages from 1 to 1000");
        var kinds = form.Texts("kinds", Kinds.Length);
        if (kinds?.Any(k => !Kinds.Contains(k)) == true) form.Error("kinds", $"must be some of {string.Join(", ", Kinds)}");
        var budgets = await BudgetsOf(form, access, directory, arrival, ct);
        var (name, enabled) = (form.Text("name", 100), form.Flag("enabled"));
        return before => new(
            name ?? before.Name, enabled ?? before.Enabled,
            form.Has("budgets") ? budgets : before.Budgets,
            form.Has("thresholds") ? (thresholds is { } t ? [.. t.Distinct().Order()] : null) : before.Thresholds,
            form.Has("kinds") ? (kinds is { } k ? [.. k.Distinct().Order(StringComparer.Ordinal)] : null) : before.Kinds);
    }

    private static async Task<ImmutableArray<WatchedBudget>?> BudgetsOf(Form form, Access access, Directory directory, Authentication arrival, CancellationToken ct)
    {
        if (form.Objects("budgets", WatchedMax) is not { } given) return null;
        var workspaceId = access.Workspace.WorkspaceId;
        var watched = new List<WatchedBudget>();
        foreach (var (budget, index) in given.Select((b, i) => (b, i)))
        {
            string? Member(string name) => budget.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            var (scope, id) = (Member("scope"), Member("id"));
            Guid? found = (scope, id) switch
            {
                ("workspace", _) => workspaceId,
                // What was made a moment ago may still be on its way here.
                ("project", { } project) => (await arrival.OnceArrived(() => directory.Project(workspaceId, project, ct), ct))?.ProjectId,
                ("key", { } key) when Guid.TryParse(key, out var keyId) => (await arrival.OnceArrived(() => directory.Key(workspaceId, keyId, ct), ct))?.KeyId,
                _ => null,
            };
            if (found is { } known) watched.Add(new(scope!, known));
            else form.Error("budgets", string.Create(CultureInfo.InvariantCulture, $"[{index}] must be {{scope: workspace, project or key, id}} of this workspace"));
        }
        return [.. watched.Distinct()];
    }

    private static ChannelView View(Access access, Channel channel, ChannelTarget? target, bool showsSecret) => new(
        channel.Id, channel.Type, channel.Terms.Name, target?.Address,
        target?.Url is not { } url ? null : access.Role >= Role.Admin ? url : $"{new Uri(url).GetLeftPart(UriPartial.Authority)}/…",
        showsSecret ? target?.Secret : null, channel.Terms.Budgets, channel.Terms.Thresholds, channel.Terms.Kinds,
        channel.Terms.Enabled, channel.BuiltIn, channel.OffReason, channel.CreatedAt);
}

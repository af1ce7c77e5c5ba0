using System.Globalization;
using Marten;
using Npgsql;
using NpgsqlTypes;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;

namespace TokenSense.Notifier.Alerts;

/// <summary>The action items of a workspace: listed newest first, dismissed, delivered again.</summary>
public static class AlertEndpoints
{
    private const int LimitMax = 200;

    public sealed record Answer(IReadOnlyList<AlertView> Data, string? NextCursor);

    public static void MapAlerts(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/workspaces/{ws}/alerts", List).WithName("list-alerts").WithTags("alerts").Produces<Answer>();
        routes.MapGet("/workspaces/{ws}/alerts/{id:guid}", Get).WithName("get-alert").WithTags("alerts").Produces<AlertView>();
        routes.MapPost("/workspaces/{ws}/alerts/{id:guid}/dismiss", Dismiss).WithName("dismiss-alert").WithTags("alerts").Produces<AlertView>();
        routes.MapPost("/workspaces/{ws}/alerts/{id:guid}/redeliver", Redeliver).WithName("redeliver-alert").WithTags("alerts").Produces<AlertView>();
    }

    private static async Task<IResult> List(Access access, NpgsqlDataSource database, AlertViews views, string? status, string? cursor, string? limit, CancellationToken ct)
    {
        var errors = new Dictionary<string, string[]>();
        if (status is not (null or "open" or "dismissed" or "resolved")) errors["status"] = ["must be open, dismissed or resolved"];
        var count = 50;
        if (limit is not null && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count is >= 1 and <= LimitMax))
            errors["limit"] = [$"must be a whole number from 1 to {LimitMax}"];
        (DateTimeOffset At, Guid Id)? before = null;
        if (cursor is not null && !TryRead(cursor, out before)) errors["cursor"] = ["must be the next_cursor of an earlier answer"];
        if (errors.Count > 0) return Problems.Invalid(errors);

        await using var select = database.CreateCommand(
            """
            select body from alerts where workspace_id = $1 and ($2::text is null or status = $2)
              and ($3::timestamptz is null or (raised_at, id) < ($3, $4)) order by raised_at desc, id desc limit $5
            """);
        select.Parameters.Add(new() { Value = access.Workspace.WorkspaceId });
        select.Parameters.Add(new() { Value = (object?)status ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        select.Parameters.Add(new() { Value = (object?)before?.At ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        select.Parameters.Add(new() { Value = before?.Id ?? Guid.Empty });
        select.Parameters.Add(new() { Value = count + 1 });
        var found = new List<Alert>();
        await using (var reader = await select.ExecuteReaderAsync(ct))
            while (await reader.ReadAsync(ct)) found.Add(AlertRows.Read(reader.GetString(0)));
        var shown = found.Take(count).ToList();
        return TypedResults.Ok(new Answer(await views.Of(access.Workspace, shown, ct), found.Count > count ? Cursor(shown[^1]) : null));
    }

    private static async Task<IResult> Get(Access access, Guid id, NpgsqlDataSource database, AlertViews views, CancellationToken ct) =>
        (await AlertRows.Of(database, [id], ct)).SingleOrDefault() is { } alert && alert.WorkspaceId == access.Workspace.WorkspaceId
            ? TypedResults.Ok((await views.Of(access.Workspace, [alert], ct))[0])
            : Problems.NotFound();

    private static Task<IResult> Dismiss(Access access, Guid id, NpgsqlDataSource database, IDocumentStore store, AlertViews views, TimeProvider clock, CancellationToken ct) =>
        Change(access, id, alert => Alert.Decide(new Dismiss(access.Caller.Actor, clock.GetUtcNow()), alert), database, store, views, clock, ct);

    private static Task<IResult> Redeliver(Access access, Guid id, NpgsqlDataSource database, IDocumentStore store, AlertViews views, TimeProvider clock, CancellationToken ct) =>
        Change(access, id, alert => Alert.Decide(new Redeliver(access.Caller.Actor, clock.GetUtcNow()), alert), database, store, views, clock, ct);

    private static async Task<IResult> Change(
        Access access, Guid id, Func<Alert, IEnumerable<AlertEvent>> decide, NpgsqlDataSource database, IDocumentStore store, AlertViews views, TimeProvider clock, CancellationToken ct)
    {
        var workspaceId = access.Workspace.WorkspaceId;
        await using (var ledger = await AlertLedger.Open(database, store, workspaceId, access.Caller.Actor, access.From, ct))
        {
            if (await ledger.Load(id, ct) is not { } alert) return Problems.NotFound();
            ledger.Record(alert, decide(alert));
            await ledger.Save(clock.GetUtcNow(), ct);
        }
        return TypedResults.Ok((await views.Of(access.Workspace, await AlertRows.Of(database, [id], ct), ct))[0]);
    }

    private static string Cursor(Alert last) => $"{last.RaisedAt.UtcTicks.ToString(CultureInfo.InvariantCulture)}_{last.Id:N}";

    private static bool TryRead(string cursor, out (DateTimeOffset, Guid)? before)
    {
        before = null;
        if (cursor.Split('_') is not [var at, var id] || !long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            || ticks > DateTimeOffset.MaxValue.UtcTicks || !Guid.TryParseExact(id, "N", out var last)) return false;
        before = (new DateTimeOffset(ticks, TimeSpan.Zero), last);
        return true;
    }
}

using Npgsql;
using TokenSense.Budgets.Limits;
using TokenSense.Contracts;
using TokenSense.ServiceDefaults;
using TokenSense.ServiceDefaults.Access;
using Directory = TokenSense.ServiceDefaults.Access.Directory;

namespace TokenSense.Budgets.Spend;

/// <summary>A month's spend of a workspace, its projects and keys. Projects and unassigned sum to the workspace, to the last digit.</summary>
public static class GetSpend
{
    public sealed record Answer(
        string Period, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string TimeZone, string State, DateTimeOffset AsOf,
        Scope Workspace, IReadOnlyList<Scope> Projects, Scope Unassigned, IReadOnlyList<Scope> Keys);

    public sealed record Scope
    {
        [System.Text.Json.Serialization.JsonPropertyName("scope")]
        public required string Kind { get; init; }
        public required Guid? Id { get; init; }
        public required string Name { get; init; }
        public string? Color { get; init; }
        public DateTimeOffset? ArchivedAt { get; init; }
        public required decimal SpentUsd { get; init; }
        public decimal? BudgetUsd { get; init; }
        public string? Mode { get; init; }

        /// <summary>Spent of the budget in percent, rounded down to two decimals so that it never says more than was reached; null without a budget or for 0.</summary>
        public decimal? Percent { get; init; }

        /// <summary><c>ok</c>, <c>warning</c> (80 % or another threshold reached), <c>exhausted</c> or <c>unlimited</c>.</summary>
        public required string Status { get; init; }

        public decimal? ForecastUsd { get; init; }
        public DateTimeOffset? CrossesAt { get; init; }
        public required DateTimeOffset ResetsAt { get; init; }
        public required long Version { get; init; }
    }

    public static void MapSpend(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/workspaces/{ws}/spend", Get).Produces<Answer>().WithName("get-spend").WithTags("spend");

    private static async Task<IResult> Get(Access access, Directory directory, NpgsqlDataSource database, TimeProvider clock, string? period, bool? keys, CancellationToken ct)
    {
        var calendar = new PeriodCalendar(access.Workspace.TimeZones);
        var now = clock.GetUtcNow();
        if (period is not null && !PeriodCalendar.IsPeriod(period))
            return Problems.Invalid(new Dictionary<string, string[]> { ["period"] = ["must be a month as yyyy-MM"] });
        period ??= calendar.PeriodOf(now);
        var workspaceId = access.Workspace.WorkspaceId;

        var rows = new Dictionary<(string, Guid), ScopeRow>();
        var isCurrent = period == calendar.PeriodOf(now);
        // Of a workspace with very many keys not everybody wants each.
        var withKeys = keys ?? true;
        await foreach (var row in isCurrent ? ScopeRow.Current(database, workspaceId, period, null, ct, withKeys) : ScopeRow.OfPeriod(database, workspaceId, period, withKeys, ct))
            rows[(row.Scope, row.ScopeId)] = row;
        var view = new View(calendar, period, now);

        var workspace = view.Of(ScopeName.Workspace, workspaceId, access.Workspace.Name, rows.GetValueOrDefault((ScopeName.Workspace, workspaceId)));
        // What has spend is shown even where its name is still on its way here: projects and unassigned sum to the workspace at any time.
        Scope Unnamed(ScopeRow row) => view.Of(row.Scope, row.ScopeId, row.ScopeId.ToString(), row);
        var named = (await directory.All<ProjectChanged>("project", workspaceId, ct)).ToList();
        var names = named.Select(p => p.ProjectId).ToHashSet();
        List<Scope> projects =
        [
            .. named.Select(p => view.Of(ScopeName.Project, p.ProjectId, p.Name, rows.GetValueOrDefault((ScopeName.Project, p.ProjectId))) with { Color = p.Color, ArchivedAt = p.ArchivedAt }),
            .. rows.Values.Where(r => r.Scope == ScopeName.Project && !names.Contains(r.ScopeId)).Select(Unnamed),
        ];
        var keyNames = withKeys ? (await directory.All<ApiKeyChanged>("key", workspaceId, ct)).ToDictionary(k => k.KeyId, k => k.Name) : [];
        List<Scope> keyScopes =
        [
            .. rows.Values.Where(r => r.Scope == ScopeName.Key).OrderByDescending(r => r.SpentUsd).ThenBy(r => r.ScopeId)
                .Select(r => keyNames.TryGetValue(r.ScopeId, out var name) ? view.Of(ScopeName.Key, r.ScopeId, name, r) : Unnamed(r)),
        ];
        var assigned = projects.Sum(p => p.SpentUsd);
        var unassigned = new Scope
        {
            Kind = "unassigned", Id = null, Name = "Unassigned", SpentUsd = workspace.SpentUsd - assigned, Status = "unlimited",
            ForecastUsd = view.ForecastOf(workspace.SpentUsd - assigned, null).ForecastUsd, ResetsAt = workspace.ResetsAt, Version = workspace.Version,
        };
        return TypedResults.Ok(new Answer(
            period, calendar.StartsAt(period), calendar.EndsAt(period), calendar.ZoneOf(period).Id, "open", now, workspace, projects, unassigned, keyScopes));
    }

    private sealed class View(PeriodCalendar calendar, string period, DateTimeOffset now)
    {
        private readonly DateTimeOffset _startsAt = calendar.StartsAt(period);
        private readonly DateTimeOffset _endsAt = calendar.EndsAt(period);

        public Scope Of(string kind, Guid id, string name, ScopeRow? row)
        {
            var (spent, budget) = (row?.SpentUsd ?? 0, row?.BudgetUsd);
            var (forecast, crossesAt) = ForecastOf(spent, budget);
            return new Scope
            {
                Kind = kind, Id = id, Name = name, SpentUsd = spent, BudgetUsd = budget, Mode = row?.Mode,
                Percent = budget is > 0 ? decimal.Round(spent * 100 / budget.Value, 2, MidpointRounding.ToNegativeInfinity) : null,
                Status = budget is null ? "unlimited" : spent >= budget ? "exhausted" : row!.Crossed.Length > 0 ? "warning" : "ok",
                ForecastUsd = forecast, CrossesAt = crossesAt, ResetsAt = _endsAt, Version = row?.Version ?? 0,
            };
        }

        public (decimal? ForecastUsd, DateTimeOffset? CrossesAt) ForecastOf(decimal spent, decimal? budget) =>
            Forecast.Of(spent, budget, _startsAt, _endsAt, now);
    }
}

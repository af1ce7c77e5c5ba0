namespace TokenSense.Metering;

/// <summary>What stands beside the event store, moved in the transaction that appends.</summary>
internal static class Tables
{
    public const string Script =
        """
        create table claims (usage_id uuid not null primary key, content bytea not null, event_id uuid not null) partition by hash (usage_id);
        do $$ begin
            for n in 0..7 loop
                execute format('create table claims_%s partition of claims for values with (modulus 8, remainder %s)', n, n);
            end loop;
        end $$;

        -- Which credentials report under a source: so that a usage is found by source and id alone.
        create table reporters (
            workspace_id uuid not null,
            source text not null,
            reporter text not null,
            primary key (workspace_id, source, reporter));

        create table usage_days (
            workspace_id uuid not null,
            period text not null,
            day date not null,
            project_id uuid not null,
            key_id uuid not null,
            provider text not null,
            model text not null,
            requests bigint not null,
            input_tokens bigint not null,
            output_tokens bigint not null,
            cost_usd numeric not null,
            unpriced bigint not null,
            primary key (workspace_id, period, day, project_id, key_id, provider, model));

        -- Lines that do not count, or not yet: conflicts, rejected lines of the bus, usage of keys that are not known here yet.
        create table kept_aside (
            id uuid primary key,
            kind text not null,
            workspace_id uuid,
            reporter text not null,
            source text,
            line_id text,
            key_ref text,
            code text not null,
            message text not null,
            line jsonb,
            at timestamptz not null,
            tries int not null default 0,
            next_try_at timestamptz not null);
        create index kept_aside_workspace on kept_aside (workspace_id, kind, at desc);
        create index kept_aside_pending on kept_aside (next_try_at) where kind = 'pending';
        """;

    /// <summary>Lists of lines, months that count their events, models told of as unpriced, kept lines that somebody has dealt with.</summary>
    public const string Reports =
        """
        -- How many recorded events touched a month: every file of one revision is the same.
        create table usage_periods (
            workspace_id uuid not null,
            period text not null,
            revision bigint not null,
            primary key (workspace_id, period));
        insert into usage_periods (workspace_id, period, revision) select workspace_id, period, 1 from usage_days group by workspace_id, period;

        -- What is recorded, line by line. The key is the order in which lines are listed, so that one index does for both.
        create table usage_lines (
            workspace_id uuid not null,
            time timestamptz not null,
            usage_id uuid not null,
            recorded_at timestamptz not null,
            period text not null,
            source text not null,
            id text not null,
            key_id uuid not null,
            project_id uuid not null,
            provider text not null,
            model text not null,
            input_tokens bigint not null,
            output_tokens bigint not null,
            cost_usd numeric,
            cost_from text not null,
            estimated boolean not null,
            primary key (workspace_id, time, usage_id));

        -- Up to which event the lines of earlier releases were written after the fact.
        create table usage_lines_filled (sequence bigint not null);
        insert into usage_lines_filled values (0);

        create table unpriced_models (
            workspace_id uuid not null,
            period text not null,
            provider text not null,
            model text not null,
            primary key (workspace_id, period, provider, model));

        alter table kept_aside add column dismissed_at timestamptz, add column dismissed_by text;
        """;

    /// <summary>The days of each project alone, whatever keys and models they had: what charts read where there are many keys.</summary>
    /// <remarks>Kept by the database, from what moves <c>usage_days</c>: during an upgrade processes of the version before move it too.</remarks>
    public const string ProjectDays =
        """
        create table usage_project_days (
            workspace_id uuid not null,
            period text not null,
            day date not null,
            project_id uuid not null,
            requests bigint not null,
            input_tokens bigint not null,
            output_tokens bigint not null,
            cost_usd numeric not null,
            unpriced bigint not null,
            primary key (workspace_id, period, day, project_id));

        lock table usage_days in share row exclusive mode;
        insert into usage_project_days
        select workspace_id, period, day, project_id, sum(requests), sum(input_tokens), sum(output_tokens), sum(cost_usd), sum(unpriced)
        from usage_days group by workspace_id, period, day, project_id;

        create function move_project_days() returns trigger language plpgsql as $$
        declare
            added constant text := 'select workspace_id, period, day, project_id, requests, input_tokens, output_tokens, cost_usd, unpriced from after';
            taken constant text := 'select workspace_id, period, day, project_id, -requests, -input_tokens, -output_tokens, -cost_usd, -unpriced from before';
        begin
            execute format($move$
                insert into usage_project_days as d
                select workspace_id, period, day, project_id, sum(requests), sum(input_tokens), sum(output_tokens), sum(cost_usd), sum(unpriced)
                from (%s) moved (workspace_id, period, day, project_id, requests, input_tokens, output_tokens, cost_usd, unpriced)
                group by workspace_id, period, day, project_id order by workspace_id, period, day, project_id
                on conflict (workspace_id, period, day, project_id) do update set
                    requests = d.requests + excluded.requests, input_tokens = d.input_tokens + excluded.input_tokens,
                    output_tokens = d.output_tokens + excluded.output_tokens, cost_usd = d.cost_usd + excluded.cost_usd, unpriced = d.unpriced + excluded.unpriced
                $move$, case tg_op when 'INSERT' then added when 'UPDATE' then added || ' union all ' || taken else taken end);
            return null;
        end $$;
        create trigger project_days_inserted after insert on usage_days
            referencing new table as after for each statement execute function move_project_days();
        create trigger project_days_updated after update on usage_days
            referencing new table as after old table as before for each statement execute function move_project_days();
        create trigger project_days_deleted after delete on usage_days
            referencing old table as before for each statement execute function move_project_days();
        """;
}

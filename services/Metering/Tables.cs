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
}

namespace TokenSense.Notifier;

/// <summary>What stands beside the event store, moved in the transaction that appends.</summary>
internal static class Tables
{
    public const string Script =
        """
        -- The folded state of each alert; change counts up in its workspace, so that a reader sees what moved since.
        create table alerts (
            id uuid primary key,
            workspace_id uuid not null,
            change bigint not null,
            status text not null,
            kind text not null,
            scope text not null,
            scope_id uuid,
            scope_name text,
            period text,
            threshold int,
            version bigint not null,
            raised_at timestamptz not null,
            body jsonb not null);
        create index alerts_newest on alerts (workspace_id, raised_at desc, id desc);
        create index alerts_changes on alerts (workspace_id, change);
        create index alerts_unresolved on alerts (workspace_id, kind, scope, scope_id) where status <> 'resolved';
        create index alerts_unresolved_kind on alerts (kind, scope_name) where status <> 'resolved';
        create table alert_changes (workspace_id uuid primary key, change bigint not null);

        -- The last clearing of each threshold: it may overtake its crossing on the bus.
        create table clearings (
            workspace_id uuid not null,
            scope text not null,
            scope_id uuid not null,
            period text not null,
            threshold int not null,
            version bigint not null,
            at timestamptz not null,
            primary key (workspace_id, scope, scope_id, period, threshold));

        -- The schedule. Rows of one bundle leave in one message. Infinity: waits until its receiver is there again.
        create table deliveries (
            id uuid primary key,
            alert_id uuid not null,
            workspace_id uuid not null,
            channel_id uuid not null,
            person_id uuid,
            receiver text not null,
            bundle text not null,
            status text not null,
            attempts int not null,
            refusals int not null default 0,
            planned_at timestamptz not null,
            next_try_at timestamptz not null,
            leased_until timestamptz,
            last_error text,
            at timestamptz);
        create index deliveries_due on deliveries (next_try_at) where status = 'pending';
        create index deliveries_receiver on deliveries (receiver, attempts, planned_at) where status = 'pending';
        create index deliveries_bundle on deliveries (bundle) where status = 'pending';
        create index deliveries_channel on deliveries (channel_id, planned_at desc, id desc);

        -- One row per receiver that anything was planned for: a webhook's URL, or the mail server.
        create table receivers (
            receiver text primary key,
            failing_since timestamptz,
            failures int not null default 0,
            failed_at timestamptz,
            told bool not null default false);

        create table channels (
            id uuid primary key,
            workspace_id uuid not null,
            deleted bool not null,
            body jsonb not null);
        create index channels_workspace on channels (workspace_id) where not deleted;
        -- Apart from the events, because it is secret or personal: erased with the channel.
        create table channel_targets (
            channel_id uuid primary key,
            address text,
            url text,
            secret text);

        create table gateway_runs (
            gateway text not null,
            epoch uuid not null,
            last_seen timestamptz not null,
            stopped bool not null,
            waiting_lines bigint not null,
            primary key (gateway, epoch));
        """;
}

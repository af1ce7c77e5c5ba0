namespace TokenSense.Budgets;

/// <summary>What stands beside the event store: claims, and the folded state of each scope, moved in the transaction that appends.</summary>
internal static class Tables
{
    public const string Script =
        """
        create table claimed_messages (message_id uuid not null primary key) partition by hash (message_id);
        create table claimed_messages_0 partition of claimed_messages for values with (modulus 4, remainder 0);
        create table claimed_messages_1 partition of claimed_messages for values with (modulus 4, remainder 1);
        create table claimed_messages_2 partition of claimed_messages for values with (modulus 4, remainder 2);
        create table claimed_messages_3 partition of claimed_messages for values with (modulus 4, remainder 3);

        create table budgets (
            scope text not null,
            scope_id uuid not null,
            workspace_id uuid not null,
            amount_usd numeric,
            mode text,
            thresholds int[] not null,
            revision bigint not null,
            primary key (scope, scope_id));
        create index budgets_workspace on budgets (workspace_id);

        create table scope_spend (
            workspace_id uuid not null,
            period text not null,
            scope text not null,
            scope_id uuid not null,
            stream text not null,
            spent_usd numeric not null,
            budget_usd numeric,
            mode text,
            thresholds int[] not null,
            revision bigint not null,
            crossed int[] not null,
            version bigint not null,
            primary key (workspace_id, period, scope, scope_id));
        create index scope_spend_stream on scope_spend (stream, scope_id);

        create table upstream (
            only_row bool primary key default true check (only_row),
            recorded_to timestamptz not null,
            last_message_id uuid,
            complete_to timestamptz);

        create table epoch (
            only_row bool primary key default true check (only_row),
            value bigint not null,
            fingerprint text not null);
        """;

    /// <summary>What each scope's spend holds of each gateway run, in the gateway's own figures; moved with <c>scope_spend</c>.</summary>
    public const string Included =
        """
        create table included_usage (
            workspace_id uuid not null,
            period text not null,
            scope text not null,
            scope_id uuid not null,
            gateway text not null,
            gateway_epoch uuid not null,
            lines bigint not null,
            cost_usd numeric not null,
            moved_at timestamptz not null,
            primary key (workspace_id, period, scope, scope_id, gateway, gateway_epoch));
        """;
}

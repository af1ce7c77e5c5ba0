namespace TokenSense.KeyRegistry;

/// <summary>What is secret or personal, apart from the events: it can be erased.</summary>
internal static class Tables
{
    public const string People =
        """
        create table sessions (
            id uuid primary key,
            user_id uuid not null,
            created_at timestamptz not null,
            last_used_at timestamptz not null,
            address text not null,
            user_agent text not null);
        create index sessions_user on sessions (user_id, last_used_at);
        create table refresh_tokens (
            sha256 text primary key,
            session_id uuid not null references sessions on delete cascade,
            made_at timestamptz not null,
            used_at timestamptz,
            uses int not null default 0);
        create index refresh_tokens_session on refresh_tokens (session_id);
        create table password_resets (
            sha256 text primary key,
            user_id uuid not null,
            expires_at timestamptz not null);
        create index password_resets_user on password_resets (user_id);
        create table invitations (
            id uuid primary key,
            workspace_id uuid not null,
            email text not null,
            name text,
            role text not null,
            sha256 text not null unique,
            created_at timestamptz not null,
            expires_at timestamptz not null,
            unique (workspace_id, email));
        create index invitations_email on invitations (email);
        """;

    /// <summary>A key is published first and signs later; its private half goes once another one signs.</summary>
    public const string SigningKeys =
        """
        alter table signing_key_secrets add column signs_from timestamptz;
        update signing_key_secrets set signs_from = created_at;
        alter table signing_key_secrets alter column signs_from set not null;
        """;
}

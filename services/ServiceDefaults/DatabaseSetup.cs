using Npgsql;

namespace TokenSense.ServiceDefaults;

/// <summary>Creates the database when it is missing and applies the service's own table scripts, each once.</summary>
internal static class DatabaseSetup
{
    private const long SetupLock = 7_306_001;

    public static void Prepare(NpgsqlConnectionStringBuilder settings, IReadOnlyList<string> tables)
    {
        var deadline = Environment.TickCount64 + 60_000;
        while (true)
        {
            try
            {
                CreateDatabase(settings);
                Apply(settings.ConnectionString, tables);
                return;
            }
            // A server that is still starting is waited for; a wrong password is not.
            catch (NpgsqlException e) when (e is not PostgresException { SqlState: not ("57P03" or "53300" or "23505" or "42P04" or "55006") }
                                            && Environment.TickCount64 < deadline)
            {
                Thread.Sleep(500);
            }
        }
    }

    private static void CreateDatabase(NpgsqlConnectionStringBuilder settings)
    {
        using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Database = "postgres", Pooling = false }.ConnectionString);
        connection.Open();
        using var exists = new NpgsqlCommand("select 1 from pg_database where datname = $1", connection);
        exists.Parameters.Add(new() { Value = settings.Database });
        if (exists.ExecuteScalar() is not null) return;
        using var create = new NpgsqlCommand($"create database \"{settings.Database!.Replace("\"", "\"\"")}\"", connection);
        create.ExecuteNonQuery();
    }

    private static void Apply(string connectionString, IReadOnlyList<string> tables)
    {
        using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        using var transaction = connection.BeginTransaction();
        Run($"select pg_advisory_xact_lock({SetupLock})");
        Run("create table if not exists schema_scripts (number int primary key, applied_at timestamptz not null default now())");
        using var count = new NpgsqlCommand("select count(*) from schema_scripts", connection, transaction);
        for (var number = (int)(long)count.ExecuteScalar()!; number < tables.Count; number++)
        {
            Run(tables[number]);
            Run($"insert into schema_scripts (number) values ({number})");
        }
        transaction.Commit();

        void Run(string sql)
        {
            using var command = new NpgsqlCommand(sql, connection, transaction);
            command.ExecuteNonQuery();
        }
    }
}

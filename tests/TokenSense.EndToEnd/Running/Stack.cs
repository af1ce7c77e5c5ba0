using System.Collections.Concurrent;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace TokenSense.EndToEnd.Running;

/// <summary>The whole system as processes on real backends, with databases of its own.</summary>
public sealed class Stack : IAsyncDisposable
{
    public const string OwnerEmail = "owner@example.com";
    public const string OwnerPassword = "correct horse battery staple";
    public const string GatewayToken = "tsg_000000000000000000000000000000000000000000020XGdq";

    private static readonly string[] Databases = ["keyregistry", "metering", "budgets", "notifier"];
    private readonly ConcurrentDictionary<string, NpgsqlDataSource> _pools = [];
    private readonly string _prefix = $"test_{Guid.NewGuid():N}"[..16];
    private readonly List<ServiceProcess> _extra = [];
    private bool _isGone;

    private Stack(Backends backends, IReadOnlyDictionary<string, string>? more)
    {
        Backends = backends;
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Postgres"] = backends.Postgres,
            ["ConnectionStrings__RabbitMq"] = backends.RabbitMq,
            ["RabbitMq__ManagementUrl"] = backends.Management ?? "",
            // Every stack has a gateway named default.
            ["RabbitMq__UserPrefix"] = $"{_prefix}.",
            ["TOKENSENSE_DATABASE_PREFIX"] = _prefix,
            ["TOKENSENSE_OWNER_EMAIL"] = OwnerEmail,
            ["TOKENSENSE_OWNER_PASSWORD"] = OwnerPassword,
            ["TOKENSENSE_GATEWAY_TOKEN"] = GatewayToken,
            ["DOTNET_gcServer"] = "0",
            // Receivers of tests are on this machine.
            ["Notifier__AllowPrivateAddresses"] = "true",
        };
        foreach (var (name, value) in more ?? new Dictionary<string, string>()) settings[name] = value;
        Settings = settings;
        KeyRegistry = new("KeyRegistry", settings);
        Metering = new("Metering", settings);
        Budgets = new("Budgets", settings);
        Notifier = new("Notifier", settings);
        Dashboard = new("Dashboard", settings);
        Gateway = new("Gateway", settings);
        Simulator = new(ServiceProcess.Simulator, settings);
        settings.TryAdd("Simulator__BodiesKept", "200");
        settings["Services__KeyRegistry"] = KeyRegistry.Url;
        settings["Services__Metering"] = Metering.Url;
        settings["Services__Budgets"] = Budgets.Url;
        settings["Services__Notifier"] = Notifier.Url;
        settings["TokenSense__Url"] = Dashboard.Url;
        foreach (var (provider, path) in new[] { ("openai", "/openai/v1"), ("anthropic", "/anthropic"), ("google", "/google") })
        {
            settings.TryAdd($"Providers__{provider}__BaseUrl", Simulator.Url + path);
            settings.TryAdd($"Providers__{provider}__ApiKey", $"sk-sim-{provider}");
        }
    }

    public Backends Backends { get; }
    public IReadOnlyDictionary<string, string> Settings { get; }
    public ServiceProcess KeyRegistry { get; }
    public ServiceProcess Metering { get; }
    public ServiceProcess Budgets { get; }
    public ServiceProcess Notifier { get; }
    public ServiceProcess Dashboard { get; }
    public ServiceProcess Gateway { get; }

    /// <summary>What the gateways take for OpenAI, Anthropic and Google.</summary>
    public ServiceProcess Simulator { get; }

    private ServiceProcess[] All => [KeyRegistry, Metering, Budgets, Notifier, Dashboard, Simulator, Gateway];

    public static async Task<Stack> Up(Backends backends, IReadOnlyDictionary<string, string>? more = null)
    {
        var stack = await Prepare(backends, more);
        foreach (var service in stack.All) service.Launch();
        foreach (var service in stack.All) await service.UntilHealthy();
        return stack;
    }

    /// <summary>Nothing runs yet; queues of an earlier run are empty.</summary>
    public static async Task<Stack> Prepare(Backends backends, IReadOnlyDictionary<string, string>? more = null)
    {
        var factory = new ConnectionFactory { Uri = new Uri(backends.RabbitMq) };
        await using var connection = await factory.CreateConnectionAsync();
        foreach (var queue in new[] { "metering-usage-reported", "metering-directory", "budgets-directory", "budgets-usage-recorded", "notifier-directory", "notifier-alerts", "notifier-usage", "key-registry-keys-used" })
        {
            try
            {
                await using var channel = await connection.CreateChannelAsync();
                await channel.QueuePurgeAsync(queue);
            }
            catch (OperationInterruptedException)
            {
                // Not declared yet.
            }
        }
        return new Stack(backends, more);
    }

    /// <summary>One more process of a service, on the same databases; <paramref name="more"/> settings are its own.</summary>
    public async Task<ServiceProcess> Another(string service, IReadOnlyDictionary<string, string>? more = null)
    {
        var settings = new Dictionary<string, string>(Settings);
        foreach (var (name, value) in more ?? new Dictionary<string, string>()) settings[name] = value;
        var process = new ServiceProcess(service, settings);
        _extra.Add(process);
        process.Launch();
        await process.UntilHealthy();
        return process;
    }

    public NpgsqlDataSource Database(string name) => NpgsqlDataSource.Create(Connection(name));

    private string Connection(string database, bool pooling = false) =>
        new NpgsqlConnectionStringBuilder(Backends.Postgres) { Database = $"{_prefix}_{database}", Pooling = pooling, MaxPoolSize = 10, CommandTimeout = 180 }.ConnectionString;

    public async Task<T> Query<T>(string database, string sql)
    {
        var pool = _pools.GetOrAdd(database, name => NpgsqlDataSource.Create(Connection(name, pooling: true)));
        try
        {
            return await Ask();
        }
        catch (NpgsqlException e) when (e.IsTransient)
        {
            // The server was killed since.
            pool.Clear();
            return await Ask();
        }
        async Task<T> Ask()
        {
            await using var command = pool.CreateCommand(sql);
            return (T)(await command.ExecuteScalarAsync())!;
        }
    }

    /// <summary>Until every service that runs has heard of this. They learn of it over the bus, and who asks sooner is kept waiting for half a second only.</summary>
    public async Task Known(string kind, string id, int version = 1)
    {
        foreach (var (service, database) in new[] { (KeyRegistry, "keyregistry"), (Metering, "metering"), (Budgets, "budgets"), (Notifier, "notifier") })
            if (service.IsRunning)
                await Until.Seen(() => Query<long>(database, $"select count(*) from directory where kind = '{kind}' and id like '{id}' and version >= {version}"), count => count > 0, $"the {kind} in {database}");
    }

    /// <summary>How many rows of any table of a service's database hold this text.</summary>
    public async Task<long> Mentions(string database, string text)
    {
        await using var source = Database(database);
        await using var command = source.CreateCommand(
            """
            select coalesce(sum((xpath('/row/c/text()', query_to_xml(
                format('select count(*) as c from %I.%I t where t::text ilike %L', table_schema, table_name, '%' || $1 || '%'), false, true, '')))[1]::text::bigint), 0)::bigint
            from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'
            """);
        command.Parameters.Add(new() { Value = text });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public async Task Execute(string database, string sql)
    {
        await using var source = Database(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Ends all of it, and fails where a service kept content or a secret.</summary>
    public ValueTask DisposeAsync() => DisposeAsync(new ContentScan());

    public async ValueTask DisposeAsync(ContentScan scan)
    {
        if (_isGone) return;
        _isGone = true;
        // All of them before anything is looked at: one that a fault here left running would take the next stack's messages.
        var services = _extra.Concat(All).ToList();
        foreach (var service in services) await service.Kill();
        foreach (var pool in _pools.Values) await pool.DisposeAsync();
        foreach (var service in services)
        {
            if (service != Simulator) service.LookThrough(scan);
            await service.DisposeAsync();
        }
        foreach (var name in Databases)
        {
            await using var source = Database(name);
            try
            {
                await scan.Look(name, source);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
            {
                // Its service never ran.
            }
        }
        await using var server = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Backends.Postgres) { Database = "postgres", Pooling = false, CommandTimeout = 180 }.ConnectionString);
        foreach (var name in Databases)
            await Until.Seen(() => Drop(server, $"{_prefix}_{name}"), dropped => dropped, $"the end of {name}'s database");
        scan.ThrowIfFound();
    }

    /// <summary>False: an autovacuum at work there is the server's own, which only its superuser may end. Come again.</summary>
    public static async Task<bool> Drop(NpgsqlDataSource server, string database)
    {
        try
        {
            await using var drop = server.CreateCommand($"drop database if exists \"{database}\" with (force)");
            await drop.ExecuteNonQueryAsync();
            return true;
        }
        catch (PostgresException e) when (e.SqlState is "42501" or "55006")
        {
            return false;
        }
    }
}

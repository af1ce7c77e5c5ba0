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

    private static readonly string[] Databases = ["keyregistry", "metering", "budgets"];
    private readonly string _prefix = $"test_{Guid.NewGuid():N}"[..16];
    private readonly List<ServiceProcess> _extra = [];

    private Stack(Backends backends, IReadOnlyDictionary<string, string>? more)
    {
        Backends = backends;
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Postgres"] = backends.Postgres,
            ["ConnectionStrings__RabbitMq"] = backends.RabbitMq,
            ["TOKENSENSE_DATABASE_PREFIX"] = _prefix,
            ["TOKENSENSE_OWNER_EMAIL"] = OwnerEmail,
            ["TOKENSENSE_OWNER_PASSWORD"] = OwnerPassword,
            ["TOKENSENSE_GATEWAY_TOKEN"] = GatewayToken,
            ["DOTNET_gcServer"] = "0",
        };
        foreach (var (name, value) in more ?? new Dictionary<string, string>()) settings[name] = value;
        Settings = settings;
        KeyRegistry = new("KeyRegistry", settings);
        Metering = new("Metering", settings);
        Budgets = new("Budgets", settings);
        Dashboard = new("Dashboard", settings);
        Gateway = new("Gateway", settings);
        Simulator = new(ServiceProcess.Simulator, settings);
        settings.TryAdd("Simulator__BodiesKept", "200");
        settings["Services__KeyRegistry"] = KeyRegistry.Url;
        settings["Services__Metering"] = Metering.Url;
        settings["Services__Budgets"] = Budgets.Url;
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
    public ServiceProcess Dashboard { get; }
    public ServiceProcess Gateway { get; }

    /// <summary>What the gateways take for OpenAI, Anthropic and Google.</summary>
    public ServiceProcess Simulator { get; }

    private ServiceProcess[] All => [KeyRegistry, Metering, Budgets, Dashboard, Simulator, Gateway];

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
        foreach (var queue in new[] { "metering-usage-reported", "metering-directory", "budgets-directory", "budgets-usage-recorded" })
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

    public NpgsqlDataSource Database(string name) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Backends.Postgres) { Database = $"{_prefix}_{name}", Pooling = false }.ConnectionString);

    public async Task<T> Query<T>(string database, string sql)
    {
        await using var source = Database(database);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task Execute(string database, string sql)
    {
        await using var source = Database(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _extra.Concat(All)) await service.DisposeAsync();
        await using var server = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Backends.Postgres) { Database = "postgres", Pooling = false }.ConnectionString);
        foreach (var name in Databases)
            await Until.Seen(() => Drop(server, $"{_prefix}_{name}"), dropped => dropped, $"the end of {name}'s database");
    }

    // An autovacuum at work there is the server's own, which only its superuser may end: come again.
    private static async Task<bool> Drop(NpgsqlDataSource server, string database)
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

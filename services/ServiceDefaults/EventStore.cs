using JasperFx.Events;
using JasperFx.Events.Daemon;
using JasperFx.MultiTenancy;
using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using Weasel.Core;

namespace TokenSense.ServiceDefaults;

/// <summary>A service's own database: Marten's event store and the service's tables beside it.</summary>
public static class EventStore
{
    /// <summary>Registers the store in the database <c>{prefix}_{name}</c> (created when missing), with the settings that keep money exact.</summary>
    /// <param name="builder">The service.</param>
    /// <param name="name">Lower-case name of the service's database.</param>
    /// <param name="tables">Scripts for the service's own tables, applied once each, in order: added to, never edited.</param>
    /// <param name="events">Pins the names of its events.</param>
    public static void AddEventStore(
        this WebApplicationBuilder builder, string name, IReadOnlyList<string> tables, Action<StoreOptions> events)
    {
        var server = builder.Configuration.GetConnectionString("Postgres")
            ?? throw new InvalidOperationException("ConnectionStrings__Postgres is not set: it names the PostgreSQL server.");
        var prefix = builder.Configuration["TOKENSENSE_DATABASE_PREFIX"] ?? "tokensense";
        var settings = new NpgsqlConnectionStringBuilder(server)
        {
            Database = $"{prefix}_{name}",
            ApplicationName = $"tokensense-{name}",
            MaxPoolSize = 40,
            Timeout = 5,
            CommandTimeout = 30,
            KeepAlive = 10,
            // A host that dies without a word must not hold the relay's lock or a workspace's for longer than this.
            Options = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=10000 "
                + "-c idle_in_transaction_session_timeout=15000",
        };
        DatabaseSetup.Prepare(settings, [Origins.Tables, .. tables]);

        var source = new NpgsqlDataSourceBuilder(settings.ConnectionString).Build();
        builder.Services.AddSingleton(source);
        builder.Services.AddSingleton(new StoreAddress(settings.ConnectionString));
        builder.Services.AddMarten(options =>
        {
            options.Connection(source);
            options.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase);
            options.AutoCreateSchemaObjects = JasperFx.AutoCreate.CreateOrUpdate;
            options.DisableNpgsqlLogging = true;
            var store = options.Events;
            store.StreamIdentity = StreamIdentity.AsString;
            store.TenancyStyle = TenancyStyle.Conjoined;
            store.AppendMode = EventAppendMode.Quick;
            store.EnableUniqueIndexOnEventId = true;
            store.UseListenNotifyForEventAppends = true;
            store.UseExclusiveLockOnConcurrentAppends = true;
            store.MetadataConfig.HeadersEnabled = true;
            var daemon = options.Projections;
            // A rolled-back append leaves a gap in the sequence; these keep a relay from waiting seconds at it. Marten still
            // proves that no open transaction can fill a gap before it passes.
            daemon.StaleSequenceThreshold = TimeSpan.FromMilliseconds(50);
            daemon.FastPollingTime = TimeSpan.FromMilliseconds(20);
            // Appends wake the relay; polling is only the net below.
            daemon.SlowPollingTime = TimeSpan.FromMilliseconds(500);
            // An event that cannot be read must stop the relay, not be passed over.
            daemon.Errors.SkipApplyErrors = false;
            daemon.Errors.SkipSerializationErrors = false;
            daemon.Errors.SkipUnknownEvents = false;
            events(options);
        }).UseLightweightSessions().ApplyAllDatabaseChangesOnStartup();
        builder.Services.AddHealthChecks().AddCheck<DatabaseHealth>("database");
    }

    /// <summary>A session inside a transaction of our own: Marten writes into it, and the caller commits once.</summary>
    /// <param name="store">The service's store.</param>
    /// <param name="transaction">Begun by the caller.</param>
    /// <param name="workspaceId">The tenant; null for what the whole installation shares.</param>
    /// <param name="by">Who causes it, as in <see cref="Access.Caller.Actor"/>; stands in each event.</param>
    /// <param name="address">From where; events hold the id of an erasable row instead.</param>
    /// <param name="ct">Stops it.</param>
    public static async Task<IDocumentSession> OpenSession(
        this IDocumentStore store, NpgsqlTransaction transaction, Guid? workspaceId, string by, string? address, CancellationToken ct)
    {
        var options = Marten.Services.SessionOptions.ForTransaction(transaction, false);
        if (workspaceId is { } tenant) options.TenantId = tenant.ToString();
        var session = store.LightweightSession(options);
        session.SetHeader("by", by);
        if (!string.IsNullOrEmpty(address) && await Origins.Of(by, address, transaction, ct) is { } origin) session.SetHeader("origin", origin);
        return session;
    }

    /// <summary>The id of a workspace's lock: whoever writes its spend holds it until commit.</summary>
    public static long LockOf(Guid workspaceId) => BitConverter.ToInt64(workspaceId.ToByteArray().AsSpan(8));
}

/// <param name="ConnectionString">For connections outside the pool (locks held for long).</param>
public sealed record StoreAddress(string ConnectionString);

internal sealed class DatabaseHealth(NpgsqlDataSource database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken ct = default)
    {
        try
        {
            await using var command = database.CreateCommand("select 1");
            command.CommandTimeout = 2;
            await command.ExecuteScalarAsync(ct);
            return HealthCheckResult.Healthy();
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy($"PostgreSQL does not answer: {e.Message}");
        }
    }
}

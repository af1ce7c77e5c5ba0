using System.Collections.Concurrent;
using System.Diagnostics;
using JasperFx.Events;
using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;
using Marten.Subscriptions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TokenSense.ServiceDefaults;

namespace TokenSense.Benchmarks;

/// <summary>A service's store with the settings of production, in a database of its own that is dropped at the end, and a relay that reads and discards.</summary>
internal sealed class BenchStore(WebApplication app, DiscardingRelay relay, IProjectionDaemon daemon) : IAsyncDisposable
{
    public NpgsqlDataSource Database { get; } = app.Services.GetRequiredService<NpgsqlDataSource>();
    public IDocumentStore Store { get; } = app.Services.GetRequiredService<IDocumentStore>();
    public DiscardingRelay Relay => relay;

    /// <param name="name">Of the database, after the prefix.</param>
    /// <param name="tables">The service's own.</param>
    /// <param name="events">Pins the names of its events.</param>
    /// <param name="nameOf">What the writer calls the event's batch.</param>
    public static async Task<BenchStore> Create(string name, IReadOnlyList<string> tables, Action<StoreOptions> events, Func<IEvent, Guid> nameOf)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["TOKENSENSE_DATABASE_PREFIX"] = $"bench_{Environment.ProcessId}";
        builder.Logging.ClearProviders();
        var relay = new DiscardingRelay(nameOf);
        builder.AddEventStore(name, tables, store =>
        {
            events(store);
            store.Projections.AsyncMode = DaemonMode.ExternallyManaged;
            // The page of ServiceDefaults/Relay.
            store.Projections.Subscribe(relay, subscription => subscription.Options.BatchSize = 200);
        });
        var app = builder.Build();
        var store = app.Services.GetRequiredService<IDocumentStore>();
        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        var daemon = await store.BuildProjectionDaemonAsync(logger: NullLogger.Instance);
        await daemon.StartAllAsync();
        return new BenchStore(app, relay, daemon);
    }

    public async Task<long> Query(string sql)
    {
        await using var command = Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    public Task<long> LastEvent() => Query("select coalesce(max(seq_id), 0) from mt_events");

    /// <summary>Events with their indexes, and the claims of whichever table keeps them.</summary>
    public Task<long> Bytes() => Query(
        "select sum(pg_total_relation_size(oid))::bigint from pg_class where relkind = 'r' and (relname = 'mt_events' or relname like 'claim%')");

    public async ValueTask DisposeAsync()
    {
        var connection = new NpgsqlConnectionStringBuilder(app.Services.GetRequiredService<StoreAddress>().ConnectionString);
        var database = connection.Database;
        await daemon.StopAllAsync();
        daemon.Dispose();
        await app.DisposeAsync();
        connection.Database = "postgres";
        await using var server = NpgsqlDataSource.Create(connection);
        // Our own connections by name: a forced drop fails where an autovacuum runs, which is not ours to end; a plain one ends it.
        await using var close = server.CreateCommand("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename = current_user");
        close.Parameters.Add(new() { Value = database });
        await close.ExecuteNonQueryAsync();
        await using var drop = server.CreateCommand($"drop database \"{database}\"");
        await drop.ExecuteNonQueryAsync();
    }
}

/// <summary>Reads as a relay does, publishes nothing, and remembers when the last event of each batch came.</summary>
internal sealed class DiscardingRelay(Func<IEvent, Guid> nameOf) : ISubscription
{
    private long _sequence;

    public ConcurrentDictionary<Guid, long> ArrivedAt { get; } = [];

    public Task<IChangeListener> ProcessEventsAsync(EventRange page, ISubscriptionController controller, IDocumentOperations operations, CancellationToken ct)
    {
        foreach (var stored in page.Events) ArrivedAt[nameOf(stored)] = Stopwatch.GetTimestamp();
        // A page over a gap is empty.
        Volatile.Write(ref _sequence, page.SequenceCeiling);
        return Task.FromResult(NullChangeListener.Instance);
    }

    /// <summary>Waits until everything up to this event has come.</summary>
    public async Task Drain(long sequence)
    {
        var deadline = Environment.TickCount64 + 60_000;
        while (Volatile.Read(ref _sequence) < sequence)
        {
            if (Environment.TickCount64 > deadline) throw new TimeoutException($"The relay stands at {_sequence} of {sequence}.");
            await Task.Delay(2);
        }
    }
}

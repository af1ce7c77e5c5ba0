using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace TokenSense.ServiceDefaults.Audit;

/// <summary>An index over the audited events alone, so that a page reads no others, however many there are.</summary>
/// <remarks>Made without blocking writers, in the background: until then the log is only slower. Marten leaves it alone, because it is told its
/// name; one over an earlier release's list of types has another name, and Marten drops it.</remarks>
internal sealed class AuditIndex(AuditCatalog catalog, StoreAddress store, ILogger<AuditIndex> log) : BackgroundService
{
    private const long Lock = 7_306_003;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    public static string NameOf(AuditCatalog catalog) =>
        $"audited_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(',', catalog.Types))))[..12]}";

    /// <summary>What both the index and a query that may use it say, letter by letter.</summary>
    public static string Condition(AuditCatalog catalog) => $"type in ({string.Join(", ", catalog.Types.Select(t => $"'{t}'"))})";

    protected override async Task ExecuteAsync(CancellationToken ct)
    {
        while (true)
        {
            try
            {
                await Make(ct);
                return;
            }
            catch (Exception e) when (Faults.IsInfrastructure(e) && !ct.IsCancellationRequested)
            {
                log.LogWarning(e, "The index of the audit log is not made yet");
                await Task.Delay(RetryAfter, ct);
            }
        }
    }

    private async Task Make(CancellationToken ct)
    {
        var name = NameOf(catalog);
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(store.ConnectionString) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
        await connection.OpenAsync(ct);
        // Another replica makes it; the lock goes with the connection.
        if (!(bool)(await One($"select pg_try_advisory_lock({Lock})"))!) return;
        if (await One($"select indisvalid from pg_index where indexrelid = to_regclass('{name}')") is true) return;
        // What a broken attempt left behind is there and not valid.
        await One($"drop index concurrently if exists {name}");
        await One($"create index concurrently {name} on mt_events (tenant_id, timestamp, id) where {Condition(catalog)}");

        async Task<object?> One(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteScalarAsync(ct);
        }
    }
}

using TokenSense.EndToEnd.Running;

namespace TokenSense.EndToEnd.Access;

/// <summary>All that the databases hold of a workspace, and what the installation keeps of gateways, as one line for each table.</summary>
internal static class Fingerprint
{
    public static async Task<IReadOnlyList<string>> OnceStill(Workspace workspace)
    {
        IReadOnlyList<string> last = [];
        return await Until.Seen(async () =>
        {
            var before = last;
            last = await Of(workspace);
            return before.SequenceEqual(last) ? last : null;
        }, still => still is not null, "a workspace in which nothing moves", secondsMax: 120) ?? [];
    }

    private static async Task<IReadOnlyList<string>> Of(Workspace workspace)
    {
        var lines = new List<string>();
        foreach (var name in new[] { "keyregistry", "metering", "budgets", "notifier" })
        {
            await using var database = workspace.Stack.Database(name);
            var tables = new List<string>();
            await using (var list = database.CreateCommand("select c.relname from pg_class c where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace order by 1"))
            await using (var reader = await list.ExecuteReaderAsync())
                while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
            foreach (var table in tables)
            {
                await using var hash = database.CreateCommand(
                    $"select count(*) || ' rows ' || coalesce(md5(string_agg(t::text, ' ' order by t::text)), '') from \"{table}\" t where t::text like '%{workspace.Id}%'");
                lines.Add($"{name}.{table}: {await hash.ExecuteScalarAsync()}");
            }
        }
        lines.Add($"changes of the installation: {await workspace.Stack.Query<long>("keyregistry", "select count(*) from mt_events where tenant_id = '*DEFAULT*'")}");
        return lines;
    }
}

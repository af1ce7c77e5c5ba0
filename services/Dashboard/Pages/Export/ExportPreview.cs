using System.Text.Json;
using TokenSense.Dashboard.Client;
using TokenSense.ServiceDefaults;

namespace TokenSense.Dashboard.Pages.Export;

/// <summary>What will be in a file: its head, its first rows, and how many there are. The file is read as it comes, and no more of it is kept.</summary>
public sealed record ExportPreview(ExportHeadModel Head, IReadOnlyList<ExportRowModel> Rows, long RowCount, long Requests, long Unpriced)
{
    public const int RowsMax = 10;

    /// <param name="file">The JSON export.</param>
    public static async Task<ExportPreview> Read(Stream file, CancellationToken ct)
    {
        var reading = new Reading();
        var (buffer, held) = (new byte[65_536], 0);
        while (true)
        {
            var came = await file.ReadAsync(buffer.AsMemory(held), ct);
            held += came;
            var used = reading.Take(buffer.AsSpan(0, held), came == 0);
            if (came == 0) return reading.Done();
            buffer.AsSpan(used, held - used).CopyTo(buffer);
            held -= used;
            if (held == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
        }
    }

    private sealed class Reading
    {
        private readonly Dictionary<string, string> _head = [];
        private readonly List<ExportRowModel> _rows = [];
        private JsonReaderState _state;
        private string _member = "";
        private bool _isInRows;
        private long _count, _requests, _unpriced;

        /// <returns>How many bytes were understood; what follows them is the beginning of a row that comes.</returns>
        public int Take(ReadOnlySpan<byte> bytes, bool isLast)
        {
            var json = new Utf8JsonReader(bytes, isLast, _state);
            var understood = 0;
            while (true)
            {
                var before = json;
                if (!json.Read()) break;
                if (_isInRows && json.TokenType == JsonTokenType.StartObject)
                {
                    // A row is taken whole or not yet.
                    var row = json;
                    if (!row.TrySkip()) { json = before; break; }
                    Row(ref json);
                }
                else Member(ref json);
                (_state, understood) = (json.CurrentState, (int)json.BytesConsumed);
            }
            return understood;
        }

        public ExportPreview Done() => new(
            new(_head["period"], _head["state"], long.Parse(_head["revision"], System.Globalization.CultureInfo.InvariantCulture), _head["checksum"], _head["time_zone"],
                _head["total_cost_usd"], _head["total_amount_usd"]),
            _rows, _count, _requests, _unpriced);

        private void Row(ref Utf8JsonReader json)
        {
            var row = JsonSerializer.Deserialize<ExportRowModel>(ref json, Service.Json)!;
            if (_count++ < RowsMax) _rows.Add(row);
            _requests += row.Requests;
            _unpriced += row.UnpricedRequests;
        }

        private void Member(ref Utf8JsonReader json)
        {
            switch (json.TokenType)
            {
                case JsonTokenType.PropertyName: _member = json.GetString()!; break;
                case JsonTokenType.StartArray when _member == "rows": _isInRows = true; break;
                case JsonTokenType.EndArray: _isInRows = false; break;
                case JsonTokenType.String: _head[_member] = json.GetString()!; break;
                case JsonTokenType.Number: _head[_member] = System.Text.Encoding.UTF8.GetString(json.ValueSpan); break;
            }
        }
    }
}

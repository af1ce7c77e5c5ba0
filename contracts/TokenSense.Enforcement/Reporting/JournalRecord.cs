using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using TokenSense.Contracts;

namespace TokenSense.Enforcement;

internal enum RecordKind { Admitted, Settled, Released }

internal enum RecordState { Whole, Partial, Damaged }

/// <summary>A place in the journal: a file's number and an offset in bytes.</summary>
internal readonly record struct JournalPosition(long Segment, long Offset);

/// <summary>The stored format, a line of text: <c>crc32c length kind json</c>.</summary>
/// <remarks>
/// The sum is 8 hex digits over all that follows it; the length is the JSON's, in bytes. So one damaged byte costs one record: a damaged line feed
/// is stepped over by the length, and a damaged record ends at the next line feed, which JSON never holds.
/// </remarks>
internal static class JournalRecord
{
    private const int HeadBytesMax = 24;
    private const int LengthAt = 9;
    public const int BytesMax = HeadBytesMax + JournalSettings.LineBytesMax + 1;

    public static readonly JsonSerializerOptions Json =
        new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static byte[] Of(RecordKind kind, UsageLine line) => Encode(kind, JsonSerializer.SerializeToUtf8Bytes(line, Json));

    public static byte[] Released(string id) => Encode(RecordKind.Released, JsonSerializer.SerializeToUtf8Bytes(id, Json));

    /// <summary>What the first bytes are. Damaged: <paramref name="length"/> is where to look on. Partial: the rest of it is not here.</summary>
    public static RecordState Read(ReadOnlySpan<byte> bytes, bool atEnd, out RecordKind kind, out Range json, out int length)
    {
        (json, length) = (default, 0);
        if (Head(bytes, out kind, out var sum, out var start, out var jsonLength))
        {
            var end = start + jsonLength;
            if (bytes.Length <= end && !atEnd) return RecordState.Partial;
            if (bytes.Length >= end && Sum(bytes[LengthAt..end]) == sum)
            {
                (json, length) = (start..end, Math.Min(end + 1, bytes.Length));
                return RecordState.Whole;
            }
        }
        length = bytes.IndexOf((byte)'\n') + 1;
        return length > 0 ? RecordState.Damaged : RecordState.Partial;
    }

    /// <summary>The line that a record is about, and when that was admitted, which a release does not say.</summary>
    public static (string Id, DateTimeOffset Time) Name(RecordKind kind, ReadOnlySpan<byte> json)
    {
        if (kind == RecordKind.Released)
            return (JsonSerializer.Deserialize<string>(json, Json) ?? throw new JsonException("It names no line."), default);
        var reader = new Utf8JsonReader(json);
        var (id, time) = ((string?)null, (DateTimeOffset?)null);
        reader.Read();
        // Both stand among the first members: a large journal is read at every start, and need not be parsed whole.
        while ((id is null || time is null) && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isId, isTime) = (reader.ValueTextEquals("id"u8), reader.ValueTextEquals("time"u8));
            reader.Read();
            if (isId) id = reader.GetString();
            if (isTime) time = reader.GetDateTimeOffset();
            reader.Skip();
        }
        return (id ?? throw new JsonException("It names no line."), time ?? throw new JsonException("It has no time."));
    }

    /// <summary>Of a record that was encoded here.</summary>
    public static ReadOnlyMemory<byte> JsonOf(byte[] record)
    {
        Read(record, atEnd: true, out _, out var json, out _);
        return record.AsMemory()[json];
    }

    internal static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var one in bytes) crc = BitOperations.Crc32C(crc, one);
        return ~crc;
    }

    private static byte[] Encode(RecordKind kind, byte[] json)
    {
        if (json.Length > JournalSettings.LineBytesMax)
            throw new ArgumentException($"The usage line takes {json.Length} bytes of JSON, more than {JournalSettings.LineBytesMax}.");
        byte[] record = [.. Encoding.ASCII.GetBytes($"00000000 {json.Length} {Word(kind)} "), .. json, (byte)'\n'];
        Sum(record.AsSpan(LengthAt..^1)).TryFormat(record, out _, "x8", CultureInfo.InvariantCulture);
        return record;
    }

    private static bool Head(ReadOnlySpan<byte> bytes, out RecordKind kind, out uint sum, out int start, out int jsonLength)
    {
        (kind, sum, start, jsonLength) = (default, 0, 0, 0);
        var head = bytes[..Math.Min(bytes.Length, HeadBytesMax)];
        if (head.Length <= LengthAt || head[LengthAt - 1] != ' ') return false;
        if (!uint.TryParse(head[..(LengthAt - 1)], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out sum)) return false;
        var digits = head[LengthAt..].IndexOf((byte)' ');
        if (digits < 0) return false;
        if (!int.TryParse(head.Slice(LengthAt, digits), NumberStyles.None, CultureInfo.InvariantCulture, out jsonLength)) return false;
        var kindAt = LengthAt + digits + 1;
        var letters = head[kindAt..].IndexOf((byte)' ');
        if (letters < 0 || jsonLength > JournalSettings.LineBytesMax) return false;
        start = kindAt + letters + 1;
        var word = head.Slice(kindAt, letters);
        foreach (var known in Enum.GetValues<RecordKind>())
            if (word.SequenceEqual(Encoding.ASCII.GetBytes(Word(known)))) { kind = known; return true; }
        return false;
    }

    private static string Word(RecordKind kind) => kind switch
    {
        RecordKind.Admitted => "admitted",
        RecordKind.Settled => "settled",
        RecordKind.Released => "released",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}

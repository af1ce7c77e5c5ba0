using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace TokenSense.ServiceDefaults;

/// <summary>A JSON request body read field by field, so that every problem is reported at once, wrong types included.</summary>
public sealed class Form
{
    private readonly JsonElement _body;
    private readonly SortedDictionary<string, string[]> _errors = new(StringComparer.Ordinal);

    private Form(JsonElement body) => _body = body;

    /// <summary>Empty while everything read so far was valid.</summary>
    public IReadOnlyDictionary<string, string[]> Errors => _errors;

    public bool IsValid => _errors.Count == 0;

    public static async ValueTask<Form?> BindAsync(HttpContext http, ParameterInfo _)
    {
        if (http.Request.ContentLength is 0 || (http.Request.ContentLength is null && !http.Request.Headers.ContainsKey("Transfer-Encoding")))
            return new Form(JsonSerializer.SerializeToElement(new { }));
        try
        {
            var body = await JsonSerializer.DeserializeAsync<JsonElement>(http.Request.Body, cancellationToken: http.RequestAborted);
            var form = new Form(body);
            if (body.ValueKind != JsonValueKind.Object) form.Error("", "must be a JSON object");
            return form;
        }
        catch (JsonException e)
        {
            // The caller's fault, so it is answered like any other wrong input and not logged as a fault of ours.
            var form = new Form(default);
            form.Error("", $"must be valid JSON: {e.Message}");
            return form;
        }
    }

    public void Error(string field, string message) => _errors[field] = [.. _errors.GetValueOrDefault(field, []), message];

    /// <summary>Whether the field is there at all, null included: a PATCH changes only such.</summary>
    public bool Has(string field) => Get(field) is not null;

    public string? Text(string field, int lengthMax, bool required = false)
    {
        if (Value(field, required) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.String) { Error(field, "must be a string"); return null; }
        if (StringOf(value)?.Trim() is not { } text) { Error(field, "must be valid Unicode"); return null; }
        if (required && text.Length == 0) { Error(field, "must not be empty"); return null; }
        if (text.Length > lengthMax) { Error(field, $"must be at most {lengthMax} characters"); return null; }
        if (text.Any(char.IsControl)) { Error(field, "must not contain control characters"); return null; }
        return text;
    }

    public decimal? Money(string field, bool required = false)
    {
        if (Value(field, required) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number) { Error(field, "must be a number"); return null; }
        if (ExactDecimal.TryRead(value, out var amount, out var problem)) return amount;
        Error(field, problem);
        return null;
    }

    public long? Whole(string field, long min, long max, bool required = false)
    {
        if (Value(field, required) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= min && number <= max) return number;
        Error(field, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}"));
        return null;
    }

    public DateTimeOffset? Time(string field)
    {
        if (Value(field, false) is not { } value) return null;
        if (StringOf(value) is not null && Rfc3339.TryRead(value, out var time)) return time;
        Error(field, "must be an RFC 3339 time with its offset");
        return null;
    }

    public IReadOnlyList<string>? Texts(string field, int countMax)
    {
        if (Value(field, false) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= countMax && value.EnumerateArray().All(e => StringOf(e) is not null))
            return [.. value.EnumerateArray().Select(e => e.GetString()!)];
        Error(field, $"must be a list of at most {countMax} strings");
        return null;
    }

    public IReadOnlyList<int>? WholeNumbers(string field, int countMax)
    {
        if (Value(field, false) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= countMax
            && value.EnumerateArray().All(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out _)))
            return [.. value.EnumerateArray().Select(e => e.GetInt32())];
        Error(field, $"must be a list of at most {countMax} whole numbers");
        return null;
    }

    public IReadOnlyList<JsonElement>? Objects(string field, int countMax)
    {
        if (Value(field, false) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() <= countMax && value.EnumerateArray().All(e => e.ValueKind == JsonValueKind.Object))
            return [.. value.EnumerateArray()];
        Error(field, $"must be a list of at most {countMax} objects");
        return null;
    }

    /// <summary>A list whose elements are read by who asks.</summary>
    public JsonElement? List(string field)
    {
        if (Value(field, required: true) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Array) return value;
        Error(field, "must be a list");
        return null;
    }

    public bool? Flag(string field)
    {
        if (Value(field, false) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Error(field, "must be true or false");
        return null;
    }

    // JSON can write half of a surrogate pair ("\ud800"), which no string may hold.
    private static string? StringOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private JsonElement? Get(string field) =>
        _body.ValueKind == JsonValueKind.Object && _body.TryGetProperty(field, out var value) ? value : null;

    private JsonElement? Value(string field, bool required)
    {
        if (Get(field) is { ValueKind: not JsonValueKind.Null } value) return value;
        if (required) Error(field, "is required");
        return null;
    }
}

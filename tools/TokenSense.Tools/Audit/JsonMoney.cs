using System.Text.Json;

namespace TokenSense.Tools.Audit;

public static class JsonMoney
{
    /// <summary>Null where there is none.</summary>
    public static decimal? AsDecimal(this JsonElement number) => number.ValueKind is JsonValueKind.Null ? null : number.GetDecimal();

    public static Guid? AsGuid(this JsonElement id) => id.ValueKind is JsonValueKind.Null ? null : id.GetGuid();
}

using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Pages.Alerts;

/// <summary>States of alerts and of their deliveries, for people.</summary>
public static class AlertWords
{
    /// <summary>Their names in the API, and here; the first is shown unless another is asked for.</summary>
    public static readonly IReadOnlyList<(string Value, string Name)> Filters = [("open", "Open"), ("dismissed", "Dismissed"), ("resolved", "Resolved"), ("all", "All")];

    public static string Colour(AlertModel alert) => alert switch { { Status: "open", Threshold: >= 100 } => "bad", { Status: "open" } => "warn", { Status: "resolved" } => "good", _ => "" };

    public static string Colour(DeliveryModel delivery) => delivery.Status switch { "delivered" => "good", "failed" => "bad", _ => delivery.Attempts > 0 ? "warn" : "" };

    public static string State(DeliveryModel delivery) => delivery.Status switch
    {
        "delivered" => "Delivered", "failed" => "Given up", _ => delivery.Attempts > 0 ? "Trying again" : "On its way",
    };

    /// <summary>Whom it has reached: one line.</summary>
    public static string Reached(IReadOnlyList<DeliveryModel> deliveries)
    {
        if (deliveries.Count == 0) return "No channel watches this: it is shown here alone.";
        int Count(string status) => deliveries.Count(d => d.Status == status);
        var (delivered, pending, failed) = (Count("delivered"), Count("pending"), Count("failed"));
        string[] parts =
        [
            .. delivered > 0 ? [$"delivered to {delivered}"] : Array.Empty<string>(),
            .. pending > 0 ? [$"on its way to {pending}"] : Array.Empty<string>(),
            .. failed > 0 ? [$"given up for {failed}"] : Array.Empty<string>(),
        ];
        var text = string.Join(", ", parts);
        return $"{char.ToUpperInvariant(text[0])}{text[1..]} of {deliveries.Count} {(deliveries.Count == 1 ? "recipient" : "recipients")}.";
    }

    /// <param name="me">The id of who looks.</param>
    public static string By(string? actor, string? me) => actor switch
    {
        null => "",
        _ when actor == $"user:{me}" => "by you",
        _ when actor.StartsWith("token:", StringComparison.Ordinal) => "by an automation token",
        _ => "by an admin",
    };
}

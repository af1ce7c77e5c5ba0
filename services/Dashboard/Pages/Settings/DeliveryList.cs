using TokenSense.Dashboard.Client;

namespace TokenSense.Dashboard.Pages.Settings;

/// <summary>What went through one channel, from the alerts that it carried.</summary>
public static class DeliveryList
{
    public sealed record Row(AlertModel Alert, DeliveryModel Delivery);

    /// <param name="alerts">Newest first.</param>
    /// <param name="channelId">Of whom.</param>
    public static IReadOnlyList<Row> Of(IReadOnlyList<AlertModel> alerts, Guid channelId) =>
        [.. alerts.SelectMany(a => a.Deliveries.Where(d => d.ChannelId == channelId).Select(d => new Row(a, d)))];

    /// <summary>What the receiver did, for people.</summary>
    public static (string Words, string Colour) State(DeliveryModel delivery) => delivery switch
    {
        { Status: "delivered" } => ("Delivered", "good"),
        { Status: "failed" } => ("Failed", "bad"),
        { Attempts: > 0 } => ("Trying again", "warn"),
        _ => ("Waiting", ""),
    };
}

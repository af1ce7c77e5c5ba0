using System.Text.Json;
using System.Text.Json.Serialization;
using MassTransit;
using TokenSense.ServiceDefaults;

namespace TokenSense.Metering.Usage;

/// <summary>The message <c>UsageReported</c> as it comes from anyone: read member by member, so that one bad line spoils nothing else.</summary>
[MessageUrn("TokenSense.Contracts:UsageReported")]
[EntityName("TokenSense.Contracts:UsageReported")]
public sealed record UsageReportedMessage
{
    [JsonPropertyName("gatewayId")]
    public JsonElement GatewayId { get; init; }

    [JsonPropertyName("gateway_id")]
    public JsonElement GatewayIdSnake { get; init; }

    [JsonPropertyName("lines")]
    public JsonElement Lines { get; init; }
}

/// <summary>Takes what gateways report over the bus. What does not count comes back as <c>UsageRejected</c>.</summary>
public sealed class UsageReportedConsumer(UsageIntake intake, KeptAside keptAside, GatewayNames names, ServiceDefaults.Access.Directory directory, TimeProvider clock) : IConsumer<UsageReportedMessage>
{
    private const int BodyBytesMax = 1_048_576;
    private const int GatewayIdLengthMax = 64;

    public Task Consume(ConsumeContext<UsageReportedMessage> context) => context.WithoutLossOfGoodOnes(async ct =>
    {
        var message = context.Message;
        var id = message.GatewayId.ValueKind == JsonValueKind.Undefined ? message.GatewayIdSnake : message.GatewayId;
        var gateway = id.ValueKind == JsonValueKind.String && id.GetString() is { Length: > 0 and <= GatewayIdLengthMax } name && !name.Any(char.IsControl) ? name : null;
        var problem =
            gateway is null ? $"gatewayId must be a name of 1 to {GatewayIdLengthMax} characters."
            : message.Lines.ValueKind != JsonValueKind.Array || message.Lines.GetArrayLength() == 0 ? "lines must be a list of at least one line."
            : message.Lines.GetArrayLength() > UsageIntake.LinesPerEventMax ? $"A message has at most {UsageIntake.LinesPerEventMax} lines."
            : context.ReceiveContext.Body.Length > BodyBytesMax ? "A message has at most 1 MiB."
            : null;
        if (problem is not null)
        {
            var code = gateway is not null && message.Lines.ValueKind == JsonValueKind.Array && message.Lines.GetArrayLength() > 0 ? LineCodes.TooManyLines : LineCodes.InvalidLine;
            await Refuse(context, gateway, code, problem, ct);
            return;
        }
        if (await names.BehindUser(context, ct) is { } publisher && publisher != gateway)
        {
            // Under the name of who published it: the one that it claims has nothing to do with it.
            await Refuse(context, publisher, LineCodes.Forbidden, "gatewayId is not the name of the gateway whose user published it.", ct);
            return;
        }
        var credential = await directory.Gateway(gateway!, ct);
        await intake.Take(Reporter.Gateway(gateway!, credential?.Workspaces), [.. message.Lines.EnumerateArray()], remembersRejected: true, ct);
    });

    private Task Refuse(ConsumeContext context, string? gateway, string code, string problem, CancellationToken ct)
    {
        // The message id tells one refused message from another.
        var reference = context.MessageId?.ToString() ?? UsageName.Of(context.ReceiveContext.Body.GetString()).ToString();
        return keptAside.Refuse($"gateway:{gateway}", [(new LineAnswer(0, null, $"message:{reference}", LineAnswer.Rejected, code, problem), default(JsonElement))], clock.GetUtcNow(), ct);
    }
}

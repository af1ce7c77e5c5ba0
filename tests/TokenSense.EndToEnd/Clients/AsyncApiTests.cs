using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Shouldly;
using TokenSense.Contracts;
using TokenSense.EndToEnd.Running;
using Xunit;

namespace TokenSense.EndToEnd.Clients;

/// <summary>contracts/asyncapi.yaml, as a parser of others reads it, says of every message what the contracts say.</summary>
public sealed class AsyncApiTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "TokenSense.EndToEnd", "Clients", "asyncapi");
    private static readonly Lazy<Task<JsonNode>> Parsed = new(Parse);

    // An answer over HTTP; what is in it are messages all the same.
    private static readonly Type[] NotOnTheBus = [typeof(EnforcementSnapshot)];
    private static readonly Type[] Records =
        [.. typeof(UsageReported).Assembly.GetExportedTypes().Where(t => t.GetMethod("<Clone>$") is not null).Except(NotOnTheBus)];
    private static readonly Type[] Parts = [.. Records.SelectMany(Members).SelectMany(m => RecordsIn(m.PropertyType)).Distinct()];

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    };

    [Fact]
    public async Task The_description_of_the_bus_is_valid_AsyncApi()
    {
        // 0 is an error, 1 a warning; the rest is advice.
        (await Parsed.Value)["problems"]!.AsArray().Select(p => (string)p!).Where(p => p[0] is '0' or '1').ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_message_has_its_channel_and_nothing_else_has_one()
    {
        var document = (await Parsed.Value)["document"]!;
        var channels = document["channels"]!.AsObject().Select(c => c.Value!).ToList();
        var messages = Records.Except(Parts).ToList();
        messages.Count.ShouldBeGreaterThan(20);
        channels.Select(c => (string)c["address"]!).Order().ShouldBe(messages.Select(m => $"{m.Namespace}:{m.Name}").Order());
        foreach (var channel in channels)
        {
            var name = ((string)channel["address"]!).Split(':')[1];
            channel["messages"]!.AsObject().Select(m => (string)m.Value!["name"]!).Distinct().ShouldBe([name]);
            ((string)channel["bindings"]!["amqp"]!["exchange"]!["name"]!).ShouldBe((string)channel["address"]!);
        }
        document["operations"]!.AsObject().Select(o => (string)o.Value!["channel"]!["address"]!).Order().ShouldBe(channels.Select(c => (string)c["address"]!).Order());
    }

    [Fact]
    public async Task Every_message_and_every_part_of_one_has_exactly_its_members()
    {
        var schemas = (await Parsed.Value)["document"]!["components"]!["schemas"]!.AsObject();
        foreach (var record in Records)
        {
            var schema = schemas[record.Name].ShouldNotBeNull(record.Name);
            schema["properties"]!.AsObject().Select(p => p.Key).Order().ShouldBe(Members(record).Select(NameOf).Order(), record.Name);
            var required = schema["required"]?.AsArray().Select(r => (string)r!) ?? [];
            required.Order().ShouldBe(Members(record).Where(IsRequired).Select(NameOf).Order(), record.Name);
        }
    }

    [Fact]
    public async Task Every_message_has_examples_that_its_type_reads()
    {
        foreach (var message in (await Parsed.Value)["document"]!["components"]!["messages"]!.AsObject().Select(m => m.Value!))
        {
            var type = Records.Single(r => r.Name == (string)message["name"]!);
            var examples = message["examples"]!.AsArray();
            examples.Count.ShouldBePositive(type.Name);
            foreach (var example in examples)
            {
                var payload = example!["payload"]!;
                Should.NotThrow(() => (payload["message"] ?? payload).Deserialize(type, Strict), $"{type.Name}: {payload.ToJsonString()}");
            }
        }
    }

    private static IEnumerable<PropertyInfo> Members(Type record) =>
        record.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetCustomAttribute<JsonExtensionDataAttribute>() is null);

    private static string NameOf(PropertyInfo member) => JsonNamingPolicy.CamelCase.ConvertName(member.Name);

    // Of a positional record what may not be null.
    private static bool IsRequired(PropertyInfo member) =>
        member.GetCustomAttribute<RequiredMemberAttribute>() is not null
        || (member.DeclaringType!.GetConstructors().Any(c => c.GetParameters().Any(p => p.Name == member.Name))
            && new NullabilityInfoContext().Create(member).ReadState == NullabilityState.NotNull);

    private static IEnumerable<Type> RecordsIn(Type member) =>
        Records.Contains(member) ? [member] : member.GetGenericArguments().SelectMany(RecordsIn);

    private static async Task<JsonNode> Parse()
    {
        await Command.NpmInstall(Folder);
        var read = await Command.Run("node", ["read.mjs", Path.Combine(Repository.Root, "contracts", "asyncapi.yaml")], Folder);
        read.ExitCode.ShouldBe(0, read.Output);
        return JsonNode.Parse(read.Output)!;
    }
}

using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;

namespace TokenSense.EndToEnd.Running;

/// <summary>A gateway of somebody else's: its credential, and its user at the broker, whose password is the token.</summary>
public sealed class OtherGateway
{
    private readonly HttpClient _operator;

    private OtherGateway(Stack stack, HttpClient http, JsonNode view) =>
        (Stack, _operator, Id, Name, Token) = (stack, http, (Guid)view["id"]!, (string)view["name"]!, (string)view["token"]!);

    public Stack Stack { get; }
    public Guid Id { get; }
    public string Name { get; }
    public string Token { get; private set; }
    public string User => UserOf(Stack, Name);

    public static string UserOf(Stack stack, string gateway) => stack.Settings["RabbitMq__UserPrefix"] + gateway;

    public static string NewName() => $"edge-{Guid.NewGuid():N}"[..16];

    /// <summary>With its user made.</summary>
    public static async Task<OtherGateway> Admit(Stack stack, params Guid[] workspaces)
    {
        var http = await Workspace.SignedIn(stack);
        var answer = await http.PostAsJsonAsync("/api/v1/gateways", new { name = NewName(), workspaces = workspaces.Length == 0 ? null : workspaces });
        var gateway = new OtherGateway(stack, http, await Workspace.Read(answer));
        await gateway.UntilState("ready");
        await stack.Known("credential", $"{gateway.Id}");
        return gateway;
    }

    /// <summary>As the list shows it; null: not at all.</summary>
    public async Task<JsonNode?> View()
    {
        for (var cursor = ""; ;)
        {
            var page = await Workspace.Read(await _operator.GetAsync($"/api/v1/gateways?limit=200{cursor}"));
            if (page["data"]!.AsArray().FirstOrDefault(g => (Guid)g!["id"]! == Id) is { } found) return found;
            if ((string?)page["next_cursor"] is not { } next) return null;
            cursor = $"&cursor={next}";
        }
    }

    public Task UntilState(string state) => Until.Seen(async () => (string?)(await View())?["broker_user_state"], s => s == state, $"the user of {Name} {state}");

    public async Task Delete() => (await _operator.DeleteAsync($"/api/v1/gateways/{Id}")).EnsureSuccessStatusCode();

    public async Task Rotate() => Token = (string)(await Workspace.Read(await _operator.PostAsync($"/api/v1/gateways/{Id}/rotate", null)))["token"]!;

    public Task<IConnection> Connect(string? password = null, string? virtualHost = null) => Connect(Stack, User, password ?? Token, virtualHost);

    public static Task<IConnection> Connect(Stack stack, string user, string password, string? virtualHost = null)
    {
        var factory = new ConnectionFactory { Uri = new Uri(stack.Backends.RabbitMq), UserName = user, Password = password, AutomaticRecoveryEnabled = false };
        if (virtualHost is not null) factory.VirtualHost = virtualHost;
        return factory.CreateConnectionAsync();
    }

    /// <summary>The broker's management API, as its administrator sees it.</summary>
    public static HttpClient Management(Stack stack)
    {
        var login = Uri.UnescapeDataString(new Uri(stack.Backends.RabbitMq).UserInfo);
        var http = new HttpClient { BaseAddress = new Uri($"{stack.Backends.Management}/api/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(login)));
        return http;
    }
}

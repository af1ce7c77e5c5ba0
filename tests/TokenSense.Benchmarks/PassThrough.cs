using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using TokenSense.ServiceDefaults;
using Yarp.ReverseProxy.Forwarder;

namespace TokenSense.Benchmarks;

/// <summary>What the gateway is held against: YARP's forwarder and nothing else, on the gateway's server settings, as a process of its own.</summary>
internal static class PassThrough
{
    private const string Setting = "PASS_THROUGH_TO";
    // The gateway's.
    private const long RequestBytesMax = (32 * 1024 * 1024) + 1;

    /// <summary>Where to: this process is to be the proxy; null: it runs benchmarks.</summary>
    public static string? Target => Environment.GetEnvironmentVariable(Setting);

    public static Dictionary<string, string> SettingsOf(string target) => new() { [Setting] = target, ["DOTNET_gcServer"] = "0" };

    public static async Task<int> Run(string target)
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddServiceDefaults("pass-through", RequestBytesMax);
        builder.Services.AddHttpForwarder();
        await using var app = builder.Build();
        using var http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.None, ActivityHeadersPropagator = null,
        });
        var forwarder = app.Services.GetRequiredService<IHttpForwarder>();
        app.MapHealthChecks("/health");
        app.Map("/{**path}", async (HttpContext call) => { await forwarder.SendAsync(call, target, http, ForwarderRequestConfig.Empty); });
        await app.RunAsync();
        return 0;
    }
}

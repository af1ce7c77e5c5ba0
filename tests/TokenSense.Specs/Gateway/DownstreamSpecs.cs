using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Shouldly;
using TokenSense.Gateway.Proxy;
using Xunit;

namespace TokenSense.Specs.Gateway;

public sealed class DownstreamSpecs
{
    [Theory]
    [InlineData(HttpProtocols.Http2, "0.00045")]
    // Kestrel has no trailers there.
    [InlineData(HttpProtocols.Http1, null)]
    public async Task What_a_stream_cost_is_its_trailer_where_the_connection_carries_trailers(HttpProtocols protocol, string? cost)
    {
        await using var admitted = new AdmittedCalls();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocol));
        await using var app = builder.Build();
        app.Run(async http =>
        {
            var (down, call) = (new Downstream(http, null), await admitted.Next());
            down.BeginStream(200, [new("Content-Type", "text/event-stream")], call);
            await down.Write("data: [DONE]\n\n"u8.ToArray());
            await call.Settle(new() { InputTokens = 100, OutputTokens = 20 }, estimated: false, null, 200);
            down.End(call, isRepeated: true);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, app.Urls.Single())
        {
            Version = protocol == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11, VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldBe("data: [DONE]\n\n");
        answer.Headers.Contains("x-tokensense-cost").ShouldBeFalse();
        // In digits that may end in zeros.
        (answer.TrailingHeaders.TryGetValues("x-tokensense-cost", out var told) ? told.Single().TrimEnd('0') : null).ShouldBe(cost);
    }
}

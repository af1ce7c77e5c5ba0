using System.Net;
using System.Net.Http.Headers;

namespace TokenSense.Gateway.Proxy;

/// <summary>A request's JSON, which remembers whether all of it went up: what a provider has not got whole it cannot bill.</summary>
public sealed class SentContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _body;

    public SentContent(ReadOnlyMemory<byte> body)
    {
        _body = body;
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    public bool IsSent { get; private set; }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken ct)
    {
        await stream.WriteAsync(_body, ct);
        await stream.FlushAsync(ct);
        IsSent = true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}

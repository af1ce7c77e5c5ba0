using System.Net;
using System.Text;

namespace TokenSense.EndToEnd.Running;

/// <summary>Takes traces and metrics over OTLP/HTTP, and keeps their bytes as text: names and values in protobuf are UTF-8.</summary>
public sealed class TraceReceiver : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly StringBuilder _taken = new();
    private readonly Task _taking;

    private TraceReceiver(int port)
    {
        Url = $"http://127.0.0.1:{port}";
        _listener.Prefixes.Add($"{Url}/");
        _listener.Start();
        _taking = Task.Run(Take);
    }

    public string Url { get; }

    public string Taken { get { lock (_taken) return _taken.ToString(); } }

    /// <summary>What makes services send here.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Url, ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf", ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
    };

    public static TraceReceiver Start() => new(Ports.Free());

    public async ValueTask DisposeAsync()
    {
        _listener.Close();
        await _taking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Take()
    {
        while (_listener.IsListening)
        {
            var context = await _listener.GetContextAsync();
            try
            {
                using var body = new StreamReader(context.Request.InputStream, Encoding.Latin1);
                var text = await body.ReadToEndAsync();
                lock (_taken) _taken.Append(text).Append('\n');
                context.Response.Close();
            }
            catch (HttpListenerException)
            {
                // Its sender was killed meanwhile.
            }
        }
    }
}

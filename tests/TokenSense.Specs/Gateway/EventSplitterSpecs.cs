using System.Text;
using Shouldly;
using TokenSense.Gateway.Proxy;
using Xunit;

namespace TokenSense.Specs.Gateway;

public sealed class EventSplitterSpecs
{
    [Theory]
    [InlineData("data: a\n\nrest", "data: a\n\n")]
    [InlineData("data: a\r\n\r\nrest", "data: a\r\n\r\n")]
    [InlineData("data: a\r\rrest", "data: a\r\r")]
    [InlineData("event: x\ndata: a\n\ndata: b\n\n", "event: x\ndata: a\n\n")]
    [InlineData("data: a\r\n\nrest", "data: a\r\n\n")]
    [InlineData(": ping\n\n", ": ping\n\n")]
    [InlineData("data: a\n", "")]
    [InlineData("data: a", "")]
    [InlineData("data: a\r\n\r", "")]
    [InlineData("", "")]
    public void An_event_ends_with_its_empty_line(string bytes, string first) =>
        EventSplitter.FirstLength(Encoding.UTF8.GetBytes(bytes)).ShouldBe(first.Length);

    [Theory]
    [InlineData("data: {\"a\":1}\n\n", "{\"a\":1}")]
    [InlineData("data:{\"a\":1}\r\n\r\n", "{\"a\":1}")]
    [InlineData("event: x\nid: 7\ndata: one\ndata:  two\n\n", "one\n two")]
    [InlineData(": comment\n\n", "")]
    public void Its_data_is_what_the_lines_say(string bytes, string data) =>
        Encoding.UTF8.GetString(EventSplitter.Data(Encoding.UTF8.GetBytes(bytes)).Span).ShouldBe(data);
}

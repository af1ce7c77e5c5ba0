using TokenSense.Pricing;
using Xunit;

namespace TokenSense.Specs.Pricing;

/// <summary>Streams as the providers document them, each with the answer that the same call has when it is not streamed.</summary>
internal sealed record Streams(string Provider, string? Flavor, string[] Events, string Whole)
{
    public static readonly Dictionary<string, Streams> ByName = new()
    {
        ["chat"] = new("openai", "chat",
            [
                """{"id":"c1","object":"chat.completion.chunk","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"finish_reason":null}],"usage":null}""",
                """{"id":"c1","object":"chat.completion.chunk","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"content":"Grüße"},"finish_reason":null}],"usage":null}""",
                """{"id":"c1","object":"chat.completion.chunk","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","type":"function","function":{"name":"find","arguments":"{\"q\":1}"}}]},"finish_reason":null}],"usage":null}""",
                """{"id":"c1","object":"chat.completion.chunk","model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}""",
                """{"id":"c1","object":"chat.completion.chunk","model":"gpt-4o-2024-08-06","choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120,"prompt_tokens_details":{"cached_tokens":40,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":8,"audio_tokens":0}}}""",
                "[DONE]",
            ],
            """{"model":"gpt-4o-2024-08-06","choices":[{"message":{"content":"Grüße","tool_calls":[{"function":{"name":"find","arguments":"{\"q\":1}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":20,"prompt_tokens_details":{"cached_tokens":40},"completion_tokens_details":{"reasoning_tokens":8}}}"""),

        ["chat with usage in its last content chunk"] = new("deepseek", "chat",
            [
                """{"object":"chat.completion.chunk","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":"Hm."},"finish_reason":null}]}""",
                """{"object":"chat.completion.chunk","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":"Yes","reasoning_content":null},"finish_reason":null}]}""",
                """{"object":"chat.completion.chunk","model":"deepseek-reasoner","choices":[{"index":0,"delta":{"content":"","reasoning_content":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":17,"completion_tokens":9,"total_tokens":26,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":5},"prompt_cache_hit_tokens":0,"prompt_cache_miss_tokens":17}}""",
                "[DONE]",
            ],
            """{"model":"deepseek-reasoner","choices":[{"message":{"content":"Yes","reasoning_content":"Hm."},"finish_reason":"stop"}],"usage":{"prompt_tokens":17,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":5}}}"""),

        ["chat with Groq's own place for usage"] = new("groq", "default",
            [
                """{"object":"chat.completion.chunk","model":"llama-3.3-70b-versatile","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"x_groq":{"id":"req_1"}}""",
                """{"object":"chat.completion.chunk","model":"llama-3.3-70b-versatile","choices":[{"index":0,"delta":{"content":"Hello there"},"finish_reason":null}]}""",
                """{"object":"chat.completion.chunk","model":"llama-3.3-70b-versatile","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"req_1","usage":{"queue_time":0.04,"prompt_tokens":36,"prompt_time":0.001,"completion_tokens":3,"completion_time":0.01,"total_tokens":39,"total_time":0.02}}}""",
                "[DONE]",
            ],
            """{"model":"llama-3.3-70b-versatile","choices":[{"message":{"content":"Hello there"},"finish_reason":"stop"}],"usage":{"prompt_tokens":36,"completion_tokens":3,"total_tokens":39}}"""),

        ["chat with usage in every chunk"] = new("perplexity", "default",
            [
                """{"object":"chat.completion.chunk","model":"sonar","usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6},"choices":[{"index":0,"delta":{"role":"assistant","content":"The"},"finish_reason":null}]}""",
                """{"object":"chat.completion.chunk","model":"sonar","usage":{"prompt_tokens":5,"completion_tokens":4,"total_tokens":9},"choices":[{"index":0,"delta":{"content":" answer to all of it"},"finish_reason":null}]}""",
                """{"object":"chat.completion.chunk","model":"sonar","usage":{"prompt_tokens":5,"completion_tokens":5,"total_tokens":10,"num_search_queries":2},"choices":[{"index":0,"delta":{"content":"."},"finish_reason":"stop"}]}""",
            ],
            """{"model":"sonar","choices":[{"message":{"content":"The answer to all of it."},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":5,"num_search_queries":2}}"""),

        ["responses"] = new("openai", "responses",
            [
                """{"type":"response.created","sequence_number":0,"response":{"id":"r","object":"response","status":"in_progress","model":"gpt-5-mini-2025-08-07","output":[],"usage":null}}""",
                """{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"type":"function_call","id":"f","call_id":"c","name":"find","arguments":""}}""",
                """{"type":"response.function_call_arguments.delta","sequence_number":2,"output_index":0,"delta":"{\"q\":"}""",
                """{"type":"response.function_call_arguments.delta","sequence_number":3,"output_index":0,"delta":"1}"}""",
                """{"type":"response.function_call_arguments.done","sequence_number":4,"output_index":0,"arguments":"{\"q\":1}"}""",
                """{"type":"response.output_item.done","sequence_number":5,"output_index":0,"item":{"type":"function_call","name":"find","arguments":"{\"q\":1}"}}""",
                """{"type":"response.output_text.delta","sequence_number":6,"output_index":1,"delta":"Found it"}""",
                """{"type":"response.completed","sequence_number":7,"response":{"id":"r","object":"response","status":"completed","model":"gpt-5-mini-2025-08-07","output":[{"type":"function_call","name":"find","arguments":"{\"q\":1}"},{"type":"message","content":[{"type":"output_text","text":"Found it"}]}],"usage":{"input_tokens":81,"input_tokens_details":{"cached_tokens":30},"output_tokens":595,"output_tokens_details":{"reasoning_tokens":448},"total_tokens":676}}}""",
            ],
            """{"object":"response","model":"gpt-5-mini-2025-08-07","output":[{"type":"function_call","name":"find","arguments":"{\"q\":1}"},{"type":"message","content":[{"type":"output_text","text":"Found it"}]}],"usage":{"input_tokens":81,"input_tokens_details":{"cached_tokens":30},"output_tokens":595,"output_tokens_details":{"reasoning_tokens":448}}}"""),

        ["messages"] = new("anthropic", null,
            [
                """{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":15,"ephemeral_1h_input_tokens":5},"output_tokens":2,"service_tier":"standard"}}}""",
                """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
                """{"type":"ping"}""",
                """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Let me see what they asked for."}}""",
                """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pk"}}""",
                """{"type":"content_block_stop","index":0}""",
                """{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"find","input":{}}}""",
                """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"q\": 1}"}}""",
                """{"type":"content_block_stop","index":1}""",
                """{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":null,"cache_creation_input_tokens":null,"output_tokens":61,"server_tool_use":{"web_search_requests":1}}}""",
                """{"type":"message_stop"}""",
            ],
            """{"type":"message","model":"claude-sonnet-4-5-20250929","content":[{"type":"thinking","thinking":"Let me see what they asked for."},{"type":"tool_use","name":"find","input":{"q": 1}}],"usage":{"input_tokens":10,"cache_creation_input_tokens":20,"cache_read_input_tokens":30,"cache_creation":{"ephemeral_5m_input_tokens":15,"ephemeral_1h_input_tokens":5},"output_tokens":61,"server_tool_use":{"web_search_requests":1}}}"""),

        ["contents"] = new("google", "default",
            [
                """{"candidates":[{"content":{"parts":[{"text":"Thinking of it","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":15,"promptTokensDetails":[{"modality":"TEXT","tokenCount":9}],"thoughtsTokenCount":6},"modelVersion":"gemini-2.5-flash"}""",
                """{"candidates":[{"content":{"parts":[{"functionCall":{"name":"find","args":{"q":1}}}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4,"totalTokenCount":19,"promptTokensDetails":[{"modality":"TEXT","tokenCount":9}],"thoughtsTokenCount":6},"modelVersion":"gemini-2.5-flash"}""",
                """{"candidates":[{"content":{"parts":[{"text":" Done."}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":7,"totalTokenCount":24,"promptTokensDetails":[{"modality":"TEXT","tokenCount":9}],"thoughtsTokenCount":8},"modelVersion":"gemini-2.5-flash"}""",
            ],
            """{"candidates":[{"content":{"parts":[{"text":"Thinking of it","thought":true},{"functionCall":{"name":"find","args":{"q":1}}},{"text":" Done."}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":7,"promptTokensDetails":[{"modality":"TEXT","tokenCount":9}],"thoughtsTokenCount":8},"modelVersion":"gemini-2.5-flash"}"""),
    };

    public static TheoryData<string> Names => [.. ByName.Keys];

    public StreamedUsage Taken(int events)
    {
        var stream = new StreamedUsage(Provider, Flavor);
        foreach (var happened in Events.Take(events)) stream.Take(System.Text.Encoding.UTF8.GetBytes(happened));
        return stream;
    }
}

using TokenSense.Enforcement;
using TokenSense.Gateway.Providers;
using TokenSense.Pricing;

namespace TokenSense.Gateway.Proxy;

/// <summary>The addresses at which clients expect their provider.</summary>
public static class ProxyRoutes
{
    public static void Map(WebApplication app)
    {
        Post("/v1/chat/completions", Operation.Chat, "OpenAI's chat completions");
        Post("/v1/responses", Operation.Responses, "OpenAI's responses");
        Post("/v1/embeddings", Operation.Embeddings, "OpenAI's embeddings");
        Post("/v1/messages", Operation.Messages, "Anthropic's messages");
        app.MapPost("/v1beta/models/{model}:{verb}", (HttpContext http, Proxy proxy, string model, string verb) =>
                Operation.Gemini.FirstOrDefault(o => o.Verb == verb) is { } operation
                    ? proxy.Handle(http, operation, model)
                    : ErrorEnvelope.Write(http, Refusal.InvalidRequest($"There is no {verb} here.", StatusCodes.Status404NotFound)))
            .WithName("gemini").WithTags("Gateway").WithSummary("Gemini's generateContent, streamGenerateContent, embedContent and batchEmbedContents").IsCall();
        app.MapGet("/v1/models", Models).WithName("models").WithTags("Gateway").WithSummary("The priced models of the configured providers")
            .Produces<ModelList>().Produces<ErrorAnswer>(401);

        void Post(string path, Operation operation, string summary) =>
            app.MapPost(path, (HttpContext http, Proxy proxy) => proxy.Handle(http, operation, null))
                .WithName(operation.Name).WithTags("Gateway").WithSummary(summary).IsCall();
    }

    private static async Task Models(HttpContext http, KeyArrival keys, Catalog catalog, Books books, TimeProvider clock)
    {
        var decision = await keys.Decide(PresentedKey.Of(http.Request), null, http.RequestAborted);
        if (decision.Refusal is { Status: 401 } refusal)
        {
            await ErrorEnvelope.Write(http, refusal);
            return;
        }
        var (book, now) = (books.Of(decision.WorkspaceId), clock.GetUtcNow());
        await http.Response.WriteAsJsonAsync(new ModelList("list",
        [
            .. from provider in catalog.Providers
               from model in book.Providers.First(p => p.Id == provider.Id).Models.DistinctBy(m => m.Id)
               // The book knows models whose price it does not.
               where !model.Deprecated && model.PricesAt(now).Prices.Rates.Count > 0
               select new ListedModel(model.Id, "model", provider.Id),
        ]), http.RequestAborted);
    }
}

public sealed record ModelList(string Object, IReadOnlyList<ListedModel> Data);

public sealed record ListedModel(string Id, string Object, string OwnedBy);

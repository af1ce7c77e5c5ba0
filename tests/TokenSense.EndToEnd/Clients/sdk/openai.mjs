import OpenAI from 'openai';
import { call, ours, raw, run } from './scenario.mjs';

const client = new OpenAI({ baseURL: call.baseURL, apiKey: call.key, defaultHeaders: call.options.headers, ...call.retries });
const model = call.model ?? 'gpt-4o';
const extra = call.options.metadata ? { metadata: call.options.metadata } : {};
const chat = { model, messages: [{ role: 'user', content: call.prompt }], ...extra };
if (call.options.max_tokens) chat.max_tokens = call.options.max_tokens;
const responses = { model, input: call.prompt, ...extra };

await run({
  async chat() {
    const { data, response } = await client.chat.completions.create(chat).withResponse();
    return {
      id: data.id, text: data.choices[0].message.content, finish_reason: data.choices[0].finish_reason,
      usage: data.usage, model: data.model, tokensense: data.tokensense, headers: ours(response.headers),
    };
  },
  stream: () => stream({ ...chat, stream: true }),
  'stream-usage': () => stream({ ...chat, stream: true, stream_options: { include_usage: true } }),
  async responses() {
    const { data, response } = await client.responses.create(responses).withResponse();
    return {
      id: data.id, text: data.output_text, finish_reason: data.status,
      usage: data.usage, model: data.model, tokensense: data.tokensense, headers: ours(response.headers),
    };
  },
  async 'responses-stream'() {
    const helper = client.responses.stream(responses);
    const events = [];
    for await (const event of helper) events.push({ type: event.type, sequence_number: event.sequence_number });
    const data = await helper.finalResponse();
    return { id: data.id, text: data.output_text, finish_reason: data.status, usage: data.usage, model: data.model, events };
  },
  async embed() {
    const { data, response } = await client.embeddings
      .create({ model: call.model ?? 'text-embedding-3-small', input: [call.prompt, 'And this.'], dimensions: 8 })
      .withResponse();
    return {
      vectors: data.data.map((one) => one.embedding), usage: data.usage, model: data.model,
      tokensense: data.tokensense, headers: ours(response.headers),
    };
  },
  async models() {
    const { data } = await client.models.list();
    return { models: data.map((one) => one.id) };
  },
  'raw-chat': async () => raw(await client.chat.completions.create(chat).asResponse()),
  'raw-stream': async () => raw(await client.chat.completions.create({ ...chat, stream: true }).asResponse()),
  'raw-responses-stream': async () => raw(await client.responses.create({ ...responses, stream: true }).asResponse()),
}, (error) => ({
  status: error.status, code: error.code, type: error.type, body: error.error, request_id: error.requestID, headers: ours(error.headers),
}));

async function stream(request) {
  const { data, response } = await client.chat.completions.create(request).withResponse();
  const seen = { text: '', chunks: 0, usage_members: 0, usage_chunks: 0, usage: null, tokensense: null };
  for await (const chunk of data) {
    seen.chunks++;
    seen.id = chunk.id;
    seen.model = chunk.model;
    seen.text += chunk.choices[0]?.delta?.content ?? '';
    seen.finish_reason = chunk.choices[0]?.finish_reason ?? seen.finish_reason;
    if ('usage' in chunk) seen.usage_members++;
    if (chunk.usage) {
      seen.usage_chunks++;
      seen.usage = chunk.usage;
      seen.usage_choices = chunk.choices.length;
    }
    seen.tokensense = chunk.tokensense ?? seen.tokensense;
  }
  return { ...seen, headers: ours(response.headers) };
}

import Anthropic from '@anthropic-ai/sdk';
import { call, ours, raw, run } from './scenario.mjs';

const client = new Anthropic({ baseURL: call.baseURL, apiKey: call.key, defaultHeaders: call.options.headers, ...call.retries });
const request = {
  model: call.model ?? 'claude-sonnet-5',
  max_tokens: call.options.max_tokens ?? 1024,
  messages: [{ role: 'user', content: call.prompt }],
  ...(call.options.metadata ? { metadata: call.options.metadata } : {}),
};
const describe = (message, response) => ({
  id: message.id, text: message.content.map((block) => block.text).join(''), finish_reason: message.stop_reason,
  usage: message.usage, model: message.model, tokensense: message.tokensense, headers: ours(response?.headers),
});

await run({
  async chat() {
    const { data, response } = await client.messages.create(request).withResponse();
    return describe(data, response);
  },
  async stream() {
    const helper = client.messages.stream(request);
    const events = [];
    helper.on('streamEvent', (event) => events.push(structuredClone({ type: event.type, usage: event.usage ?? event.message?.usage })));
    const message = await helper.finalMessage();
    return { ...describe(message, helper.response), events };
  },
  'raw-chat': async () => raw(await client.messages.create(request).asResponse()),
  'raw-stream': async () => raw(await client.messages.create({ ...request, stream: true }).asResponse()),
}, (error) => ({
  status: error.status, code: error.error?.error?.code, type: error.type, body: error.error?.error, request_id: error.requestID,
  headers: ours(error.headers),
}));

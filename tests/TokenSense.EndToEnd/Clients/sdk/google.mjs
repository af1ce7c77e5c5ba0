import { GoogleGenAI } from '@google/genai';
import { call, ours, raw, run } from './scenario.mjs';

const client = new GoogleGenAI({ apiKey: call.key, httpOptions: { baseUrl: call.baseURL, headers: call.options.headers } });
const model = call.model ?? 'gemini-2.5-flash';
const request = { model, contents: call.prompt };
if (call.options.max_tokens) request.config = { maxOutputTokens: call.options.max_tokens };
const describe = (answer) => ({
  id: answer.responseId, finish_reason: answer.candidates?.[0]?.finishReason,
  usage: answer.usageMetadata, model: answer.modelVersion, headers: ours(answer.sdkHttpResponse?.headers),
});

await run({
  async chat() {
    const answer = await client.models.generateContent(request);
    return { text: answer.text, ...describe(answer), tokensense: answer.tokensense };
  },
  async stream() {
    let [text, chunks, last] = ['', 0, undefined];
    for await (const chunk of await client.models.generateContentStream(request)) {
      text += chunk.text ?? '';
      chunks++;
      last = chunk;
    }
    return { text, chunks, ...describe(last) };
  },
  async embed() {
    const answer = await client.models.embedContent({
      model: call.model ?? 'gemini-embedding-001', contents: [call.prompt, 'And this.'], config: { outputDimensionality: 8 },
    });
    return { vectors: answer.embeddings.map((one) => one.values), headers: ours(answer.sdkHttpResponse?.headers) };
  },
  // The SDK asks for events and hides the bytes; without alt=sse the answer is a JSON array.
  'raw-chat': () => post(`${model}:generateContent`),
  'raw-stream': () => post(`${model}:streamGenerateContent?alt=sse`),
  'raw-array': () => post(`${model}:streamGenerateContent`),
}, (error) => {
  const body = parsed(error.message);
  return { status: error.status, code: body?.error?.code, type: body?.error?.type ?? body?.error?.status, body: body?.error };
});

async function post(target) {
  return raw(await fetch(`${call.baseURL}/v1beta/models/${target}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-goog-api-key': call.key, ...call.options.headers },
    body: JSON.stringify({ contents: [{ role: 'user', parts: [{ text: call.prompt }] }] }),
  }));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not an answer of the server: the message is the SDK's own.
  }
}

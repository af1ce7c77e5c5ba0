// node SDK.mjs BASE_URL KEY SCENARIO [OPTIONS]: runs one scenario and prints one line of JSON, what the SDK returned or threw.
// An error: error_class, message, status, code, type, and as body the object that the server's answer holds as its `error`.
// OPTIONS, a JSON object: model, prompt, metadata, headers, max_tokens, retries.
import { createHash } from 'node:crypto';

const [baseURL, key, scenario, more] = process.argv.slice(2);
const options = JSON.parse(more ?? '{}');
const status = /^provider-(\d+)$/.exec(scenario)?.[1];

export const call = {
  baseURL,
  key,
  options,
  model: options.model,
  prompt: status ? `Fail. [[simulate status=${status}]]` : options.prompt ?? 'Say somezqing.',
  // A user's SDK retries what may be retried; a scenario about an error wants to see the first one.
  retries: status || scenario === 'refused' ? { maxRetries: 0 } : 'retries' in options ? { maxRetries: options.retries } : {},
};

/** Runs the scenario's function; `explain` reads what an SDK puts into its errors. */
export async function run(scenarios, explain) {
  const work = scenarios[status || scenario === 'refused' ? 'chat' : scenario];
  if (!work) throw new Error(`No scenario ${scenario}.`);
  let seen;
  try {
    seen = await work();
  } catch (error) {
    seen = { error_class: error.constructor.name, message: error.message, cause: error.cause?.message ?? error.cause?.code, ...explain(error) };
  }
  console.log(JSON.stringify(seen));
}

/** The gateway's own headers, whatever an SDK calls a set of headers. */
export function ours(headers) {
  const all = typeof headers?.entries === 'function' ? [...headers.entries()] : Object.entries(headers ?? {});
  return Object.fromEntries(all.filter(([name]) => name.startsWith('x-tokensense-')));
}

/** An answer byte by byte, for what SDKs do not show. */
export async function raw(response) {
  const bytes = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    content_type: response.headers.get('content-type'),
    headers: ours(response.headers),
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    body: bytes.toString(),
  };
}

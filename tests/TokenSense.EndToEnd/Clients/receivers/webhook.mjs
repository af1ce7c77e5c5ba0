// Receives webhooks, verifies them with the standardwebhooks library, and prints a JSON line for each:
// {path, ok, why, status, id, headers, body, at}. ok is null where no secret is known for the path.
// node webhook.mjs PORT CONTROL_PORT
// PUT to the control port: {path, secret} or {answers: [{path?, status, headers?, body?, delay_ms?, times?}]} (without times: from then on).
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { control, read, say } from './control.mjs';

const [port, controlPort] = process.argv.slice(2).map(Number);
const secrets = new Map();
let answers = [];

const next = (path) => {
  const answer = answers.find((a) => (a.path ?? path) === path && a.times !== 0);
  if (answer?.times > 0) answer.times -= 1;
  return answer ?? { status: 204 };
};

const verified = (path, headers, body) => {
  if (!secrets.has(path)) return { ok: null };
  try {
    new Webhook(secrets.get(path)).verify(body, headers);
    return { ok: true };
  } catch (e) {
    return { ok: false, why: e.message };
  }
};

createServer(async (request, response) => {
  const body = (await read(request)).toString('utf8');
  const answer = next(request.url);
  say({ path: request.url, ...verified(request.url, request.headers, body), status: answer.status, id: request.headers['webhook-id'] ?? null, headers: request.headers, body, at: new Date().toISOString() });
  if (answer.delay_ms) await sleep(answer.delay_ms);
  // 0: the connection breaks without an answer.
  if (answer.status === 0) return request.socket.destroy();
  response.writeHead(answer.status, answer.headers ?? {}).end(answer.body);
}).listen(port, '127.0.0.1', () => say({ ready: 'http' }));

control(controlPort, (change) => {
  if (change.secret) secrets.set(change.path, change.secret);
  if (change.answers) answers = change.answers;
});

// What the receivers share: JSON lines about what they got, and a small server that a test changes their behaviour with.
import { createServer } from 'node:http';

export const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

export const read = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};

// Whoever started this is gone when the pipe closes, however it went.
process.stdin.resume().on('end', () => process.exit());

/** Every PUT of a JSON object is given to `change` and answered when it holds; a `mark` in it comes after all lines of before. */
export const control = (port, change) =>
  createServer(async (request, response) => {
    const told = JSON.parse(await read(request));
    change(told);
    if (told.mark) say({ mark: told.mark });
    response.writeHead(204).end();
  }).listen(port, '127.0.0.1', () => say({ ready: 'control' }));

// A gateway in another language: publishes usage as plain JSON, persistent and confirmed.
// node publish.mjs BROKER_URL < message.json
import amqp from 'amqplib';
import { readFileSync } from 'node:fs';

const connection = await amqp.connect(process.argv[2]);
const channel = await connection.createConfirmChannel();
channel.publish('TokenSense.Contracts:UsageReported', '', readFileSync(0), { persistent: true, contentType: 'application/json' });
await channel.waitForConfirms();
await connection.close();

// Receives mail over SMTP, parses it with mailparser, and prints a JSON line for each message:
// {to, from, subject, text, html, messageId, references, headers, connection, user, secure, at}, and {refused, to, at} for what it did not take.
// node mail.mjs PORT CONTROL_PORT [tls] [USER PASSWORD]
// PUT to the control port: {refuse: {ADDRESS: CODE}, busy: CODE|0}.
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { control, say } from './control.mjs';

const [port, controlPort, tls, user, password] = process.argv.slice(2);
let refuse = {};
let busy = 0;

const fault = (code, message) => Object.assign(new Error(message), { responseCode: code });
const refused = (code, to) => {
  say({ refused: code, to, at: new Date().toISOString() });
  return fault(code, `not for ${to}`);
};

new SMTPServer({
  // Its certificate is made up, as that of a server nobody should trust.
  disabledCommands: [...(tls === 'tls' ? [] : ['STARTTLS']), ...(user ? [] : ['AUTH'])],
  authOptional: !user,
  allowInsecureAuth: true,
  disableReverseLookup: true,
  onAuth: (auth, _, done) => (auth.username === user && auth.password === password ? done(null, { user }) : done(fault(535, 'wrong password'))),
  onRcptTo: ({ address }, _, done) => done(refuse[address] ? refused(refuse[address], address) : null),
  onData: async (stream, session, done) => {
    const mail = await simpleParser(stream);
    const to = session.envelope.rcptTo.map((r) => r.address);
    if (busy) return done(refused(busy, to.join()));
    say({
      to, from: session.envelope.mailFrom.address, subject: mail.subject, text: mail.text ?? null, html: mail.html || null, messageId: mail.messageId,
      references: mail.references ?? null, headers: Object.fromEntries(mail.headerLines.map((h) => [h.key, h.line.slice(h.key.length + 1).trim()])),
      connection: session.id, user: session.user ?? null, secure: session.secure, at: new Date().toISOString(),
    });
    done();
  },
})
  .on('error', () => {}) // A client that leaves in the middle is its own affair.
  .listen(Number(port), '127.0.0.1', () => say({ ready: 'smtp' }));

control(Number(controlPort), (change) => {
  refuse = change.refuse ?? refuse;
  busy = change.busy ?? busy;
});

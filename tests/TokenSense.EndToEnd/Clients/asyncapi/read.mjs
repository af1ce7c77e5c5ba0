// What a reader of the AsyncAPI document finds: {problems: ["severity code at path: message"], document: the whole, references followed}.
// node read.mjs FILE
import { readFileSync } from 'node:fs'
import { Parser } from '@asyncapi/parser'

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], 'utf8'))
const problems = diagnostics.map(({ severity, code, path, message }) => `${severity} ${code} at ${path.join('.')}: ${message}`)
process.stdout.write(JSON.stringify({ problems, document: document?.json() ?? null }) + '\n')

// Makes prices.json from the npm package @pydantic/genai-prices. See README.md beside this file.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const source = '@pydantic/genai-prices'
const wanted = process.argv[2] ?? '0.1.8'
const scratch = mkdtempSync(join(tmpdir(), 'price-book-'))

// A price per unit has at most 12 decimals, so a price per million has 6, per thousand 9. An hour is 3,600 seconds,
// which no power of ten divides: its price keeps 12.
const decimalsOf = field =>
  field.endsWith('_mtok') || field.endsWith('_mchars') ? 6 : field.endsWith('_gpixels') ? 3 : field.endsWith('_hours') ? 12 : 9

const rounded = []

function literal(value, field, where) {
  const text = value.toFixed(decimalsOf(field)).replace(/\.?0+$/, '')
  if (Number(text) !== value) rounded.push(`${where} ${field}: ${value} -> ${text}`)
  return text
}

const members = pairs => `{${pairs.filter(([, text]) => text !== undefined).map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
const json = value => (value === undefined ? undefined : JSON.stringify(value))

const price = (value, field, where) =>
  typeof value === 'number'
    ? literal(value, field, where)
    : members([
        ['base', literal(value.base, field, where)],
        ['tiers', `[${value.tiers.map(t => members([['start', json(t.start)], ['price', literal(t.price, field, where)]])).join(',')}]`],
      ])

const priceSet = (prices, where) => members(Object.entries(prices).map(([field, value]) => [field, price(value, field, where)]))

const modelPrices = (prices, where) =>
  Array.isArray(prices)
    ? `[${prices.map(p => members([['constraint', json(p.constraint)], ['prices', priceSet(p.prices, where)]])).join(',')}]`
    : priceSet(prices, where)

const model = (m, provider) =>
  members([
    ['id', json(m.id)],
    ['name', json(m.name)],
    ['match', json(m.match)],
    ['context_window', json(m.context_window)],
    ['deprecated', json(m.deprecated)],
    ['prices', modelPrices(m.prices, `${provider.id}/${m.id}`)],
  ])

// The order of providers and models is the source's: the first match wins.
const provider = p =>
  members([
    ['id', json(p.id)],
    ['name', json(p.name)],
    ['api_pattern', json(p.api_pattern)],
    ['provider_match', json(p.provider_match)],
    ['model_match', json(p.model_match)],
    ['fallback_model_providers', json(p.fallback_model_providers)],
    ['extractors', p.extractors && `[\n${p.extractors.map(json).join(',\n')}\n]`],
    ['models', `[\n${p.models.map(m => model(m, p)).join(',\n')}\n]`],
  ])

try {
  let root = wanted
  if (!statSync(wanted, { throwIfNoEntry: false })?.isDirectory()) {
    execFileSync('npm', ['pack', `${source}@${wanted}`, '--silent', '--pack-destination', scratch], { stdio: 'inherit' })
    execFileSync('tar', ['xzf', readdirSync(scratch).find(f => f.endsWith('.tgz'))], { cwd: scratch })
    root = join(scratch, 'package')
  }
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const { waitForUpdate } = await import(pathToFileURL(join(root, 'dist', 'index.js')))
  const providers = `[\n${(await waitForUpdate()).map(provider).join(',\n')}\n]`
  const hash = createHash('sha256').update(providers).digest('hex').slice(0, 8)
  const head = { version: `genai-prices-${version}+${hash}`, source, source_version: version, licence: 'MIT' }
  const book = `${JSON.stringify(head).slice(0, -1)},\n"providers":${providers}}\n`
  writeFileSync(join(dirname(fileURLToPath(import.meta.url)), 'prices.json'), book)
  console.log(head.version, `${book.length} characters`)
  if (rounded.length) console.log(`Rounded to 12 decimals per unit:\n${rounded.join('\n')}`)
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

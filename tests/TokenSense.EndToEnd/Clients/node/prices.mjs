// What genai-prices' own calculator makes of every excerpt: a line {excerpt, extractor, usage | error, model, usd: [by instant]}.
// Arguments: sample, book. It runs on our book's numbers, so that only the arithmetic can differ.
import { readFileSync } from 'node:fs'
import { calcPrice, extractUsage, updatePrices, waitForUpdate } from '@pydantic/genai-prices'

const [sample, book, ...instants] = process.argv.slice(2)
const { providers } = JSON.parse(readFileSync(book, 'utf8'))
updatePrices(({ setProviderData }) => setProviderData(providers))
await waitForUpdate()

const attempt = work => {
  try {
    return work()
  } catch (e) {
    return { error: e.message }
  }
}

const lines = []
JSON.parse(readFileSync(sample, 'utf8')).forEach(({ body }, excerpt) => {
  for (const provider of providers)
    for (const { api_flavor: flavor } of provider.extractors ?? []) {
      const found = attempt(() => extractUsage(provider, body, flavor))
      const price = at => calcPrice(found.usage, found.model, { providerId: provider.id, timestamp: new Date(at) })?.total_price ?? null
      const usd = found.model && instants.map(at => attempt(() => price(at)))
      lines.push(JSON.stringify({ excerpt, provider: provider.id, flavor, ...found, usd }))
    }
})
process.stdout.write(lines.join('\n') + '\n')

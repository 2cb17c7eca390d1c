import { createHash } from 'node:crypto'
import { jsonFile, type Recipe } from './result-file.ts'

/** The web scraper: what its public assembler writes (observed), about one item for each URL, made up from the URL (chosen). */
export const scraped: Recipe = (_template, job) => {
  const urls = job.params?.partitioner?.['urls']
  const items = (Array.isArray(urls) ? urls : []).map((url) => {
    const cents = 500 + (createHash('sha256').update(String(url)).digest().readUInt16BE() % 20_000)
    return {
      url: String(url),
      title: 'Item made up by bytenite-emulator',
      price: `$${(cents / 100).toFixed(2)}`,
      price_numeric: cents / 100,
      buyers: 0,
      error: null,
    }
  })
  const cheapest = items.reduce<(typeof items)[number] | null>(
    (best, item) => (best === null || item.price_numeric < best.price_numeric ? item : best),
    null,
  )
  return [
    jsonFile('cheapest_item.json', {
      total_items_analyzed: items.length,
      cheapest_item: cheapest,
      min_price: cheapest?.price_numeric ?? 0,
      summary: {
        title: cheapest?.title ?? 'No items found',
        price: cheapest?.price ?? 'N/A',
        price_value: cheapest?.price_numeric ?? 0,
        url: cheapest?.url ?? '',
      },
    }),
  ]
}

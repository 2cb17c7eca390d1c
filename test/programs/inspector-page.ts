// The inspector in a real browser: what its tests share.
import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { client } from '../emulator.ts'

const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
/** Why these tests are skipped; false where there is a browser. */
export const missing = existsSync(executablePath)
  ? false
  : `no browser at ${executablePath}: install Chromium (Debian: apt-get install chromium), or name one with CHROMIUM_PATH`
if (missing !== false && process.env['CI'] === 'true') throw new Error(missing)

export const jobs = '/v1/customer/jobs'

let browser: Browser | undefined
t.teardown(() => browser?.close())

interface Options {
  readonly width?: number
  readonly scheme?: 'light' | 'dark'
}

/** A page of the browser; what it says on its console fails the test. */
export async function open(t: Test, url: string, { width = 1440, scheme = 'light' }: Options = {}): Promise<Page> {
  browser ??= await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  const page = await browser.newPage({ viewport: { width, height: 860 }, colorScheme: scheme })
  t.teardown(() => page.close())
  page.on('console', (message) => {
    // A browser says of every refused request that it was refused.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) t.fail(message.text())
  })
  page.on('pageerror', (error) => t.fail(error.message))
  page.on('dialog', (dialog) => void dialog.accept())
  await page.goto(url)
  return page
}

/** A data source and destination of a job. */
export const source = {
  dataSource: {
    dataSourceDescriptor: 'url',
    params: { '@type': 'type.googleapis.com/bytenite.data_source.HttpDataSource', url: 'https://example.com/a.txt' },
  },
  dataDestination: { dataSourceDescriptor: 'bucket' },
}
/** A name that a page must not take for anything else. */
const odd = '<script>document.title = "broken"</script>\u202e'

/** Requests of a client, some of them with problems. Returns the id of a job that runs. */
export async function traffic(url: string, key = 'test_default'): Promise<string> {
  const call = client(url, key)
  const create = async (name: string, more: object = {}) =>
    (await call('POST', jobs, { templateId: 'hello-world-template', name, ...source, ...more })).body.job.id as string
  const id = await create('Nightly render')
  await create(odd, { tempalteId: 'x' })
  await create('a'.repeat(100_000))
  await call('POST', `${jobs}/${id}/run`)
  await call('GET', `${jobs}/${id}/results`)
  await call('POST', jobs, { templateId: 'hello-wrold' })
  return id
}

// The inspector in a real browser: each view on real traffic, each button once, and what axe says of the page.
import { createRequire } from 'node:module'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import t from 'tap'
import { client, emulator } from '../emulator.ts'
import { jobs, missing, open, traffic } from './inspector-page.ts'

const pictures = join(import.meta.dirname, '..', '..', '.tap', 'inspector')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Violations of accessibility rules, as far as axe finds them. */
async function violations(page: Page): Promise<string[]> {
  // As an argument of the protocol, as the page's policy lets no inline script run.
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { violations } = await (globalThis as any).axe.run()
    return violations.map(
      (each: any) =>
        `${each.id}: ${each.nodes
          .map((node: any) => node.html)
          .join(' ')
          .slice(0, 300)}`,
    )
  })
}

const views = ['requests', 'jobs', 'rules', 'try', 'evidence', 'about']

void t.test('the page: small, safe, found from the address that is printed', async (t) => {
  const { url } = await emulator(t)
  const html = { accept: 'text/html,*/*' }
  for (const path of ['/', '/_emulator']) {
    const answer = await fetch(url + path, { headers: html, redirect: 'manual' })
    t.strictSame([answer.status, answer.headers.get('location')], [302, '/_emulator/'], path)
    const other = await fetch(url + path)
    t.strictSame([other.status, ((await other.json()) as { code: number }).code], [404, 5], `${path} of a program`)
    t.equal((await fetch(url + path, { method: 'POST', headers: html })).status, 404)
  }
  let bytes = 0
  for (const file of ['', 'inspector/main.js', 'inspector/main.css', 'inspector/icon.svg']) {
    const answer = await fetch(`${url}/_emulator/${file}`)
    t.equal(answer.status, 200, file)
    t.match(answer.headers.get('content-security-policy'), /default-src 'none'.*frame-ancestors 'none'/)
    bytes += gzipSync(new Uint8Array(await answer.arrayBuffer())).length
  }
  t.ok(bytes < 100_000, `${bytes} bytes compressed`)
  t.equal((await fetch(`${url}/_emulator/inspector/..%2f..%2fpackage.json`)).status, 404)
  t.equal((await fetch(`${url}/_emulator/inspector/nothing.js`)).status, 404)
})

void t.test('a client that only looks leaves no trace', async (t) => {
  const { url } = await emulator(t, { pace: 'polls:2' })
  const call = client(url)
  const { id } = (await call('POST', jobs, { templateId: 'emulator-succeeds' })).body.job
  await call('POST', `${jobs}/${id}/run`)
  await call('POST', '/_emulator/worlds/default/faults', { operation: '*', times: 1, status: 503 })
  const watch = { 'x-emulator-watch': 'true' }
  for (let times = 0; times < 5; times++) {
    const { status, body } = await call('GET', `${jobs}/${id}`, undefined, watch)
    t.strictSame([status, body.job?.state], [200, 'JOB_STATE_STARTED'])
  }
  t.equal((await call('GET', '/_emulator/worlds/default/journal')).body.exchanges.length, 2)
  t.equal(
    (await call('POST', `${jobs}/${id}/run`, {}, watch)).status,
    503,
    'what changes something is noted and struck',
  )
})

void t.test('every view, in light and dark, wide and narrow', { skip: missing }, async (t) => {
  const { url, world } = await emulator(t, { pace: '1h' })
  const id = await traffic(url)
  await world('default').fault({ operation: 'GET /v1/customer/jobs/{jobId}', status: 503, times: 1 })
  await world('default').scenario({ neverEnds: true, times: 1 })
  mkdirSync(pictures, { recursive: true })
  for (const [width, scheme] of [
    [1440, 'light'],
    [1440, 'dark'],
    [768, 'light'],
    [360, 'light'],
    [360, 'dark'],
  ] as const) {
    const page = await open(t, url, { width, scheme })
    t.match(page.url(), /\/_emulator\/$/)
    await page.waitForSelector('button[data-request]')
    for (const view of [...views, 'job', 'request']) {
      if (view === 'request') {
        await page.goto(`${url}/_emulator/#/requests/default`)
        await page.getByText('hello-wrold').first().click()
        await page.waitForSelector('article.detail')
      } else {
        await page.goto(`${url}/_emulator/#/${view === 'job' ? `jobs/default/${id}` : `${view}/default`}`)
        await page.waitForSelector(view === 'job' ? '.timeline' : `nav a[aria-current]`)
      }
      await page.waitForLoadState('networkidle').catch(() => undefined)
      await page.screenshot({ path: join(pictures, `${view}-${scheme}-${width}.png`) })
      t.strictSame(await violations(page), [], `${view}, ${scheme}, ${width}`)
      const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
      t.ok(overflow <= 0, `${view} at ${width}: nothing sticks out (${overflow})`)
    }
    t.notMatch(await page.title(), 'broken', 'what a client sent is text')
    await page.close()
  }
})

void t.test('requests appear as they happen, and each button does what it says', { skip: missing }, async (t) => {
  const { url, world } = await emulator(t, { pace: '1h' })
  const page = await open(t, url)
  await page.getByText('No request yet').waitFor()
  const call = client(url)
  await call('GET', jobs)
  const rows = page.locator('button[data-request]')
  await rows.first().waitFor()
  t.equal(await rows.count(), 1, 'it came by itself')
  const id = await traffic(url)
  await rows.nth(6).waitFor()
  t.match(await page.title(), /^\(3\) Requests/, 'problems are counted in the title')

  await page.getByLabel('Only problems').check()
  t.equal(await rows.count(), 3)
  await page.getByLabel('Only problems').uncheck()
  await page.getByLabel('Filter requests').fill('wrold')
  t.equal(await rows.count(), 1)
  await page.getByLabel('Filter requests').fill('')
  await page.getByLabel('Status', { exact: true }).selectOption('server')
  t.equal(await rows.count(), 1)
  await page.getByLabel('Status', { exact: true }).selectOption('')

  await page.getByRole('button', { name: 'Pause' }).click()
  await call('GET', jobs)
  await page.getByRole('button', { name: 'Resume (1 new)' }).click()
  await rows.nth(7).waitFor()

  // The keys: not inside of a field.
  await page.keyboard.press('j')
  await page.locator('article.detail').waitFor()
  await page.keyboard.press('Escape')
  await page.keyboard.press('/')
  await page.keyboard.type('jp')
  t.equal(await page.getByLabel('Filter requests').inputValue(), 'jp')
  await page.getByLabel('Filter requests').fill('')

  await page.getByText('1 unknown').click()
  const detail = page.locator('article.detail')
  t.match(await detail.textContent(), /Not read, as no field has this name: tempalteId \(did you mean templateId\?\)/)
  t.match(await detail.textContent(), 'documented')
  await detail.getByRole('button', { name: 'Send again' }).click()
  await rows.nth(8).waitFor()
  await detail.getByRole('button', { name: '503, then retry' }).click()
  await page.getByText('will meet this fault').waitFor()
  t.match(await world('default').faults(), [
    { operation: 'POST /v1/customer/jobs', status: 503, times: 1, retryAfter: 1 },
  ])
  await detail.getByRole('button', { name: 'Copy as curl' }).click()
  await detail.getByRole('button', { name: 'Edit and send' }).click()
  await detail.getByLabel('as persona').fill('readonly')
  await detail.getByRole('button', { name: 'Send', exact: true }).click()
  await page.getByText('the emulator was told to fail here').first().waitFor()
  await detail.getByRole('button', { name: id }).or(detail.locator('button.link')).first().click()
  await page.waitForURL(/#\/jobs\/default\//)

  // All worlds at once.
  await page.goto(`${url}/_emulator/#/requests/default`)
  await page.getByLabel('All worlds').check()
  await client(url, 'test_other')('GET', jobs)
  await page.locator('td.world', { hasText: 'other' }).waitFor()

  // Secrets are masked, and never sent so.
  await call('POST', '/v1/auth/access_token', { apiKey: 'test_default' })
  await page.getByText('/v1/auth/access_token').first().click()
  await detail.getByRole('button', { name: 'Send again' }).click()
  await page.getByText('Secrets are masked as ***').waitFor()
})

void t.test('a job walks along its states, and can be told to', { skip: missing }, async (t) => {
  const { url, world } = await emulator(t, { pace: '10s' })
  const call = client(url)
  const page = await open(t, `${url}/_emulator/#/try/default`)
  await page.getByText('Needs a data source, makes hello_world_processed.txt').waitFor()
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByText('The job is there').waitFor()
  await page.getByRole('button', { name: 'Watch it among the jobs' }).click()
  const detail = page.locator('article.detail')
  await detail.getByRole('button', { name: 'Run', exact: true }).click()
  await detail.getByText('Started').first().waitFor()
  await detail.getByLabel('Hold before a state').selectOption('JOB_STATE_MERGING')
  await detail.getByText('behind a gate').first().waitFor()
  await page.getByRole('button', { name: '+1 min' }).click()
  await page.getByText(/states were entered/).waitFor()
  await detail.getByText('waits at a gate').first().waitFor()
  await detail.getByRole('button', { name: 'Release the gate' }).click()
  await detail.getByLabel('Pace of the job').fill('5s')
  await detail.getByRole('button', { name: 'Set pace' }).click()
  await page.getByText('The pace is set').waitFor()
  await detail.getByRole('button', { name: 'Advance to its end' }).click()
  await detail.locator('.state.ok').waitFor()
  await detail.getByRole('tab', { name: 'Logs' }).click()
  await detail.getByLabel('Log lines').waitFor()
  await detail.getByRole('tab', { name: 'Results' }).click()
  const [download] = await Promise.all([page.waitForEvent('download'), detail.locator('ul.plain a').first().click()])
  t.match(download.suggestedFilename(), /\.txt$/)
  await detail.getByRole('tab', { name: 'Seed' }).click()
  t.match(await detail.getByLabel('For a seed file').textContent(), /templateId: "hello-world-template"/)
  await detail.getByRole('tab', { name: 'Requests' }).click()
  await detail.getByText('POST /v1/customer/jobs/{jobId}/run').waitFor()
  await detail.getByRole('button', { name: 'Delete' }).click()
  await page.getByText('The job was deleted', { exact: true }).waitFor()
  t.strictSame(await world('default').jobs(), [])

  await page.goto(`${url}/_emulator/#/about/default`)
  t.match(await page.locator('li', { hasText: '--pace' }).first().textContent(), /--pace 10s option/)

  // A file from this machine, then an abort.
  const { id } = (
    await call('POST', jobs, {
      templateId: 'hello-world-template',
      dataSource: {
        dataSourceDescriptor: 'file',
        params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource', name: 'notes.txt' },
      },
      dataDestination: { dataSourceDescriptor: 'bucket' },
    })
  ).body.job
  await page.goto(`${url}/_emulator/#/jobs/default/${id}`)
  await detail
    .locator('input[type=file]')
    .setInputFiles({ name: 'n.txt', mimeType: 'text/plain', buffer: Buffer.from('x') })
  await page.getByText('n.txt was uploaded').waitFor()
  await detail.getByRole('button', { name: 'Upload completed' }).click()
  await page.getByText('The upload is complete').waitFor()
  await detail.getByRole('button', { name: 'Run', exact: true }).click()
  await detail.getByRole('button', { name: 'Abort' }).click()
  await detail.getByText('job was aborted').first().waitFor()
})

void t.test('worlds, faults and scenarios', { skip: missing }, async (t) => {
  const started = await emulator(t, { pace: '1h' })
  const { url, world } = started
  await traffic(url, 'test_shop')
  const page = await open(t, `${url}/_emulator/#/rules/shop`)
  await page.getByRole('button', { name: 'A create whose reply is lost' }).click()
  await page.getByRole('button', { name: 'Add the fault' }).click()
  await page.getByText('never used').first().waitFor()
  t.match(await world('shop').faults(), [{ operation: 'POST /v1/customer/jobs', connection: 'resetAfter' }])
  await page.getByLabel('The scenario as JSON').fill('{"neverEnds": tru')
  t.equal(await page.getByRole('button', { name: 'Add the scenario' }).isDisabled(), true)
  await page.getByRole('button', { name: 'The next run never ends' }).click()
  await page.getByRole('button', { name: 'Add the scenario' }).click()
  await page.getByText('The scenario is there').waitFor()
  await page.getByRole('button', { name: 'Remove' }).first().click()
  await page.getByText('Removed').waitFor()
  t.strictSame(await world('shop').faults(), [])
  await page.getByLabel('The fault as JSON').fill('{"operation": "GET /nowhere", "status": 503}')
  await page.getByRole('button', { name: 'Add the fault' }).click()
  await page.locator('.notice.error').waitFor()

  const more = page.locator('.menu')
  await more.locator('summary').click()
  await more.getByLabel('Pace of the world').fill('manual')
  await more.getByRole('button', { name: 'Set pace' }).click()
  await page.getByText('The pace is set').waitFor()
  t.equal((await world('shop').inspect()).pace, 'manual')
  await more.getByLabel('Advance by').fill('2d')
  const before = Date.parse(await world('shop').clock.now())
  await more.getByRole('button', { name: 'Advance', exact: true }).click()
  await page.getByText(/state(s were| was) entered|no job entered/).waitFor()
  t.ok(Date.parse(await world('shop').clock.now()) - before >= 2 * 86_400_000)
  await page.getByRole('button', { name: 'Freeze' }).click()
  await page.getByText('frozen').waitFor()
  for (const name of ['shop-2', 'shop-3']) {
    await more.getByRole('button', { name: 'Fork' }).click()
    await page.getByText(`Copied into ${name}`).waitFor()
  }
  t.ok((await started.worlds()).includes('shop-3'), 'a free name each time')
  await more.getByRole('button', { name: 'Snapshot' }).click()
  await page.getByText('Kept as shop-snapshot').waitFor()
  await more.getByRole('button', { name: 'Reset' }).click()
  await page.getByText('World shop is back at its seed').waitFor()
  t.equal((await world('shop').jobs()).length, 0)
  await more.getByRole('button', { name: 'Restore' }).click()
  await page.getByText('Restored from its snapshot').waitFor()
  t.equal((await world('shop').jobs()).length, 3)
  const [archive] = await Promise.all([page.waitForEvent('download'), more.getByText('Export').click()])
  t.equal(archive.suggestedFilename(), 'shop.tar')
  const tar = readFileSync(await archive.path())
  await page.locator('.world-bar select').selectOption('default')
  await page.waitForURL(/#\/rules\/default/)
  await more.locator('input[type=file]').setInputFiles({ name: 'shop.tar', mimeType: 'application/x-tar', buffer: tar })
  await page.getByText('shop.tar is now world default').waitFor()
  t.equal((await world('default').jobs()).length, 3)
  await more.getByRole('button', { name: 'Drop' }).click()
  await page.getByText('World default is gone').waitFor()
  t.notOk((await started.worlds()).includes('default'))
})

void t.test('the emulator goes and comes back; a load of requests; two pages', { skip: missing }, async (t) => {
  const first = await emulator(t)
  const { port } = first
  const [page, other] = [await open(t, `http://127.0.0.1:${port}/`), await open(t, `http://127.0.0.1:${port}/`)]
  await page.getByText('live').waitFor()
  const send = () => first.inject({ url: jobs, headers: { authorization: 'test_default' } })
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 100 }, send))
  for (const each of [page, other]) {
    await each.locator('button[data-request]').nth(99).waitFor()
    await each.getByRole('button', { name: 'Pause' }).click()
  }
  await first.close()
  await page.getByText('The emulator is away').waitFor()
  const second = await emulator(t, { port })
  await page.getByText('live').waitFor()
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('button', { name: 'Clear' }).click()
  await client(second.url)('GET', jobs)
  await page.locator('button[data-request]').first().waitFor()
})

void t.test('after a burst the page asks for what the stream left out', { skip: missing }, async (t) => {
  const { url, inject } = await emulator(t)
  const page = await open(t, `${url}/_emulator/`)
  await page.getByText('live').waitFor()
  const send = () => inject({ url: `${jobs}/none`, headers: { authorization: 'test_default' } })
  await Promise.all(Array.from({ length: 900 }, send))
  while (!(await page.title()).startsWith('(900)')) await setTimeout(100)
})

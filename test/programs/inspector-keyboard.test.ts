// The inspector by keyboard, at addresses that somebody typed, and with errors longer than the screen.
import t from 'tap'
import { client, emulator } from '../emulator.ts'
import { jobs, missing, open, source, traffic } from './inspector-page.ts'

void t.test('by keyboard alone, and addresses that somebody typed', { skip: missing }, async (t) => {
  const { url } = await emulator(t, { pace: 'manual' })
  const id = await traffic(url)
  const call = client(url)
  await call('POST', jobs, { templateId: 'hello-world-template', name: ' \u200b', jobId: 'blank', ...source })
  const page = await open(t, `${url}/_emulator/#/jobs/default`)
  const focused = () => page.evaluate(() => (globalThis as any).document.activeElement.textContent as string)
  await page.getByRole('button', { name: 'without a name' }).waitFor()
  await page.getByRole('button', { name: 'Nightly render' }).focus()
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => (globalThis as any).document.activeElement.tagName === 'H2')
  t.equal(page.url(), `${url}/_emulator/#/jobs/default/${id}`)

  await page.getByRole('tab', { name: 'Timeline' }).focus()
  for (const [key, tab] of [
    ['ArrowRight', 'Requests'],
    ['End', 'Seed'],
    ['ArrowRight', 'Timeline'],
    ['ArrowLeft', 'Seed'],
    ['Home', 'Timeline'],
  ] as const) {
    await page.keyboard.press(key)
    t.equal(await focused(), tab, key)
    await page.locator('[role=tab][aria-selected=true][tabindex="0"]', { hasText: tab }).waitFor()
  }
  await page.getByRole('button', { name: 'Abort' }).focus()
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => (globalThis as any).document.activeElement.tagName === 'H2')
  await page.keyboard.press('Escape')
  t.match(await focused(), 'Nightly render', 'back at the row')

  await page.goto(`${url}/_emulator/#/requests/default`)
  await page.locator('button[data-request]').first().waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => (globalThis as any).document.activeElement.tagName === 'H2')
  await page.keyboard.press('j')
  await page.locator('button[data-request]:focus').waitFor()

  for (const [hash = '', world = ''] of [
    ['jobs/%E0%A4%A', 'default'],
    ['requests/default%', 'default'],
    ['jobs/default/%zz', 'default'],
    ['jobs/a%20b', 'default'],
    ['jobs/..', 'default'],
    ['jobs/shop', 'shop'],
  ]) {
    await page.goto('about:blank')
    await page.goto(`${url}/_emulator/#/${hash}`)
    await page.getByRole('status').getByText('live').waitFor()
    t.equal(await page.locator('.world-bar select').inputValue(), world, hash)
    const names = page.getByText('is not a name of a world: expected 1 to 64')
    if (hash.startsWith('jobs/a')) await names.waitFor()
  }
})

void t.test('an error is read from its beginning, and stays until it is closed', { skip: missing }, async (t) => {
  const { url } = await emulator(t)
  for (const width of [1440, 360]) {
    const page = await open(t, `${url}/_emulator/#/rules/default`, { width })
    const rule = page.locator('textarea').first()
    await rule.fill('{"operation":"GET /nope","status":503}')
    await page.getByRole('button', { name: 'Add the fault' }).click()
    const notice = page.locator('.notice.error')
    await notice.waitFor()
    const { y = -1, height = 0 } = (await notice.boundingBox()) ?? {}
    t.ok(y >= 0 && y + height <= 860, `${width}: from ${y}, ${height} high`)
    await notice.getByRole('button', { name: 'Close' }).click()
    await notice.waitFor({ state: 'detached' })
  }
})

// Keeps the documents true: what they list is what the code has, both ways, and what they print runs as it is.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { jobStates } from '../schemas/jobs.ts'
import { findingIds } from '../schemas/report-names.ts'
import { buildApp } from '../src/app.ts'
import { defaultTextOf, environmentNameOf, flagOf, settingNames, settings } from '../src/settings/settings.ts'
import { createCore } from '../src/core.ts'
import { errorCatalogue } from '../src/base/errors.ts'
import { packageRoot } from '../src/base/package.ts'
import { personas } from '../src/domain/accounts/personas.ts'
import { generatedDocuments } from '../scripts/documents.ts'
import { emulator } from './emulator.ts'
import { read, local, section, rows, cells, sameRows, code } from './documents.ts'

/** Pages with messages in the first column of their tables, and the heading above those. */
const explained = [
  ['docs/troubleshooting.md', '# Troubleshooting'],
  ['docs/templates-and-data-sources.md', '## When it is refused'],
] as const

/** Symptoms among the messages that come from elsewhere. */
const notOurs: Readonly<Record<string, readonly string[]>> = {
  'docs/troubleshooting.md': [
    'npm ci',
    'npm error 404 … bytenite-emulator',
    'npm warn install-scripts … better-sqlite3@13…',
    'ERR_PNPM_GIT_DEP_PREPARE_NOT_ALLOWED',
    '"results": []',
    'clock.sleep',
    'ok: false',
  ],
}

void t.test('local development: settings are those of src/settings/settings.ts', async (t) => {
  const expected = settingNames.map((name) => {
    const { placeholder, help } = settings[name]
    const flag = placeholder === undefined ? flagOf(name) : `${flagOf(name)} ${placeholder}`
    return `| ${code(flag)} | ${code(environmentNameOf(name))} | ${defaultTextOf(name)} | ${help} |`
  })
  sameRows(t, `${local}, Settings`, rows(local, '## Settings'), expected)
})

void t.test('local development: errors are those of src/base/errors.ts', async (t) => {
  const expected = Object.values(errorCatalogue).map(
    ({ status, code, meaning }) => `| ${status} | ${code} | ${meaning} |`,
  )
  sameRows(t, `${local}, Errors`, rows(local, '## Errors'), expected)
})

void t.test('statuses: errors are those of src/base/errors.ts, and the faults of the page are faults', async (t) => {
  const written = rows('docs/statuses.md', '# Statuses, and what a client should do').map((row) =>
    cells(row).slice(0, 2),
  )
  const expected = Object.values(errorCatalogue).map(({ status, code }) => [String(status), String(code)])
  t.strictSame(written.sort(), expected.sort())

  const { world } = await emulator(t)
  const faults = [...section('docs/statuses.md', '## See each of them').matchAll(/`(\{.+?\})`/g)]
  t.not(faults.length, 0)
  for (const [, fault = ''] of faults) await t.resolves(world('faults').fault(JSON.parse(fault)), fault)
})

void t.test('local development: personas are those of src/domain/accounts/personas.ts', async (t) => {
  const expected = Object.entries(personas).map(([name, { meaning }]) => `| ${code(name)} | ${meaning} |`)
  sameRows(t, `${local}, Keys and personas`, rows(local, '## Keys and personas'), expected)
})

void t.test('interception: findings are those of schemas/report-names.ts', async (t) => {
  const written = rows('docs/interception.md', '## The report').map((row) => cells(row)[0])
  t.strictSame(written, findingIds, 'in the same order, the gravest first')
})

void t.test('docs/routes.md: routes are those of the app', async (t) => {
  /** Method and path -> the summary in the route's schema; undefined where it is hidden from the OpenAPI document. */
  const routes = new Map<string, string | undefined>()
  const core = createCore()
  const app = buildApp(core, {}, (app) =>
    app.addHook('onRoute', ({ method, url, schema }) => {
      const path = url.replace(/:(\w+)/g, '{$1}')
      const summary = schema?.hide === true ? undefined : schema?.summary
      for (const verb of [method].flat()) routes.set(`${verb} ${path}`, summary)
    }),
  )
  t.teardown(async () => {
    await app.close()
    core.close()
  })
  await app.ready()

  // `{a,b}` in a path stands for a row with a and a row with b; `{name}` is a parameter.
  const written = rows('docs/routes.md', '# Routes').flatMap((row) => {
    const choice = /\{([^{}]*,[^{}]*)\}/.exec(row)
    return choice === null ? [row] : choice[1]!.split(',').map((word) => row.replace(choice[0], word))
  })
  const meanings = new Map(written.map((row) => cells(row) as [string, string]))
  const expected = [...routes].map(
    ([request, summary]) => `| ${code(request)} | ${summary ?? (meanings.get(request) || '(say what it does)')} |`,
  )
  sameRows(t, 'docs/routes.md', written, expected)
})

void t.test('time and scenarios: the states of the picture are those of schemas/jobs.ts', async (t) => {
  const [, picture = ''] =
    /^```mermaid\n([^]*?)^```$/m.exec(section('docs/time-and-scenarios.md', '## The states of a job')) ?? []
  const drawn = new Set([...picture.matchAll(/\b[A-Z]{3}[A-Z_]*\b/g)].map(([name]) => `JOB_STATE_${name}`))
  t.strictSame([...drawn].sort(), jobStates.toSorted())
})

void t.test('messages that pages explain are those of the program', async (t) => {
  const sources = readdirSync(join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(join('src', file)))
  // `…` stands for what differs from one message to the next; a short word is the name of something else.
  const isSaid = (message: string) => {
    const parts = message.split('…').map((part) => part.trim())
    return sources.some((source) => parts.every((part) => source.includes(part)))
  }
  for (const [file, heading] of explained) {
    const first = section(file, heading)
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .map((line) => line.split(' | ')[0]!)
    const messages = first.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!))
    t.ok(messages.length > 5, `${file} explains messages`)
    t.strictSame(
      messages.filter((message) => !isSaid(message)),
      notOurs[file] ?? [],
      `${file}: the program says them`,
    )
  }
})

void t.test('documents that are drawn from the program are up to date', async (t) => {
  for (const [file, text] of Object.entries(await generatedDocuments())) {
    t.equal(read(file), text, `${file} is what \`npm run docs\` writes`)
  }
})

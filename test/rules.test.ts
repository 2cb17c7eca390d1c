import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import t from 'tap'
import ts from 'typescript'

const root = join(import.meta.dirname, '..')

interface Import {
  /** A file of this project, relative to its root, or the name of a package. */
  readonly target: string
  readonly typeOnly: boolean
}

interface Source {
  readonly file: string
  readonly code: ts.SourceFile
  readonly imports: readonly Import[]
}

const sources: readonly Source[] = ['schemas', 'src']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  )
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => {
    const code = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.ES2022, true)
    return { file, code, imports: importsOf(file, code) }
  })

function importsOf(file: string, code: ts.SourceFile): Import[] {
  const imports: Import[] = []
  const add = (specifier: ts.Expression | undefined, typeOnly: boolean) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    const { text } = specifier
    const target = text.startsWith('.') ? relative(root, join(root, dirname(file), text)) : text
    imports.push({ target, typeOnly })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause
      const named = clause?.namedBindings
      const names = named !== undefined && ts.isNamedImports(named) ? named.elements : []
      const allTypes = names.length > 0 && clause?.name === undefined && names.every(({ isTypeOnly }) => isTypeOnly)
      add(node.moduleSpecifier, clause?.isTypeOnly === true || allTypes)
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isCallExpression(node)) {
      const { expression } = node
      const loads = expression.kind === ts.SyntaxKind.ImportKeyword || expression.getText(code) === 'require'
      if (loads) add(node.arguments[0], false)
    }
    ts.forEachChild(node, visit)
  }
  visit(code)
  return imports
}

/** The layers from the bottom up: folders and files of `src/`. A file may import from its own row and from those below, types included. */
const layers: readonly (readonly string[])[] = [
  ['schemas'],
  ['base'],
  ['wire', 'fidelity'],
  ['domain'],
  ['store', 'control'],
  ['settings', 'client'],
  ['core'],
  // Loaded only if blocks are there, or are run.
  ['runner'],
  ['plugins', 'routes'],
  ['app'],
  ['index', 'testcontainers'],
  ['exec'],
  ['commands', 'cli'],
  // Loaded by browsers alone.
  ['inspector'],
]

/** @throws Error for a file that has no place in the table */
function layerOf(file: string): number {
  const [top, second = ''] = file.split('/') as [string, string?]
  const room = top === 'schemas' ? top : second.replace(/\.tsx?$/, '')
  const layer = layers.findIndex((rooms) => rooms.includes(room))
  if (layer === -1) throw new Error(`${file}: no layer has the room ${room}`)
  return layer
}

const isOurs = ({ target }: Import): boolean => /^(src|schemas)\//.test(target)

void t.test('dependencies point one way, from the top of the table of layers to the bottom', async (t) => {
  t.ok(sources.length > 40)
  const upward = sources.flatMap(({ file, imports }) =>
    imports
      .filter(isOurs)
      .filter(({ target }) => layerOf(target) > layerOf(file))
      .map(({ target }) => `${file} imports ${target}`),
  )
  t.strictSame(upward, [])
  for (const { file, imports } of sources) {
    for (const { target } of imports.filter(isOurs)) {
      t.ok(
        sources.some((source) => source.file === target),
        `${file} imports ${target}, which is read here, too`,
      )
    }
  }
})

void t.test('no two files import each other, not even by a detour', async (t) => {
  const importsByFile = new Map(sources.map(({ file, imports }) => [file, imports.filter(isOurs)]))
  const done = new Set<string>()
  const cycles: string[] = []
  const walk = (file: string, path: readonly string[]): void => {
    const seen = path.indexOf(file)
    if (seen !== -1) cycles.push([...path.slice(seen), file].join(' -> '))
    if (seen !== -1 || done.has(file)) return
    for (const { target } of importsByFile.get(file) ?? []) walk(target, [...path, file])
    done.add(file)
  }
  for (const { file } of sources) walk(file, [])
  t.strictSame(cycles, [])
})

/** Files that load a package, types left aside. */
const loaders = (isPackage: (name: string) => boolean): string[] =>
  sources
    .filter(({ imports }) => imports.some(({ target, typeOnly }) => !typeOnly && isPackage(target)))
    .map(({ file }) => file)

void t.test('better-sqlite3 is imported only under src/store', async (t) => {
  const named = sources.filter(({ imports }) => imports.some(({ target }) => target.startsWith('better-sqlite3')))
  t.ok(named.length > 0)
  // The driver is loaded by a name that is chosen at run time, so the text counts as well.
  const spoken = sources.filter(({ code }) => stringsOf(code).some((text) => text.startsWith('better-sqlite3')))
  for (const { file } of [...named, ...spoken]) t.match(file, /^src\/store\//)
})

void t.test('fastify is imported only in plugins and routes; elsewhere no more than its types', async (t) => {
  const files = loaders((name) => name === 'fastify' || name.startsWith('@fastify/'))
  t.ok(files.length > 0)
  for (const file of files) t.match(file, /^src\/(app|index)\.ts$|^src\/(plugins|routes)\//)
})

void t.test('schemas know TypeBox and nothing else', async (t) => {
  for (const { file, imports } of sources.filter(({ file }) => file.startsWith('schemas/'))) {
    for (const { target } of imports) t.match(target, /^schemas\/|^@sinclair\/typebox$/, file)
  }
})

void t.test('every test file of a room is run by a file beside the rooms', async (t) => {
  const tests = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.test.ts'),
  )
  const run = tests
    .filter((file) => !file.includes('/'))
    .map((file) => readFileSync(join(root, 'test', file), 'utf8'))
    .join('')
  const inRooms = tests.filter((file) => file.includes('/') && !file.startsWith('programs/'))
  t.ok(inRooms.length > 30)
  t.strictSame(
    inRooms.filter((file) => !run.includes(`import './${file}'`)),
    [],
  )
})

void t.test('folders are made by makeFolder() alone, as Node.js may try for ever to make those above', async (t) => {
  const makers = sources
    .filter(({ code }) => /\bmkdir(Sync)?\([^)]*\brecursive\b/.test(code.text))
    .map(({ file }) => file)
  t.strictSame(makers, [])
})

void t.test('a doc comment begins with a noun or a verb', async (t) => {
  const wrong = sources.flatMap(({ file, code }) =>
    [...code.text.matchAll(/^[ \t]*(?:\/\*\*|\*) (?:What|Whether)\b.*/gm)].map(([line]) => `${file}: ${line.trim()}`),
  )
  t.strictSame(wrong, [])
})

void t.test("timers are those of base/timers.ts, which a test's fake ones do not replace", async (t) => {
  const wrong = sources
    .filter(({ file }) => !/^src\/(inspector|exec\/intercept)\/|^src\/base\/timers\.ts$/.test(file))
    .filter(
      ({ code }) =>
        /from 'node:timers'/.test(code.text) ||
        (/\b(set|clear)(Timeout|Interval|Immediate)\(/.test(code.text) &&
          !/from '[./]+(base\/)?timers\.ts'/.test(code.text)),
    )
    .map(({ file }) => file)
  t.strictSame(wrong, [])
})

function stringsOf(code: ts.SourceFile): string[] {
  const strings: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) strings.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(code)
  return strings
}

/** What a file asks of the platform, as it is written, e.g. `Date.now`. */
function platformCalls(code: ts.SourceFile): string[] {
  const calls: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node) && node.expression.getText(code) === 'Date' && (node.arguments?.length ?? 0) === 0) {
      calls.push('new Date()')
    }
    if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
      const text = node.getText(code).replace(/\s/g, '')
      if (/^(Date|performance)\.now$|^process\.(env|hrtime|uptime)\b|^Math\.random$|^crypto\./.test(text))
        calls.push(text)
    }
    if (ts.isCallExpression(node)) {
      const name = node.expression.getText(code)
      if (/^(randomUUID|randomBytes|randomInt|getRandomValues|generateKeyPair\w*|setInterval|setTimeout)$/.test(name))
        calls.push(name)
    }
    ts.forEachChild(node, visit)
  }
  visit(code)
  return [...new Set(calls)].sort()
}

void t.test(
  'wall clock, randomness, timers and the environment are asked only where defaults are chosen',
  async (t) => {
    const asking = Object.fromEntries(
      sources
        // A page in a browser has nobody to be given a clock by.
        .filter(({ file }) => !file.startsWith('src/inspector/'))
        .map(({ file, code }) => [file, platformCalls(code)])
        .filter(([, calls]) => calls!.length > 0),
    )
    t.strictSame(asking, {
      'src/cli.ts': ['process.env'],
      // NO_COLOR and FORCE_COLOR.
      'src/settings/log.ts': ['process.env'],
      'src/exec/exec.ts': ['Date.now'],
      'src/base/clock.ts': ['Date.now', 'performance.now'],
      'src/core.ts': ['randomBytes'],
      // A block runs in real time, and finds programs where the emulator does.
      'src/runner/process.ts': ['performance.now', 'setTimeout'],
      'src/runner/job-run.ts': ['process.env', "process.env['PATH']"],
      'src/base/ids.ts': ['randomUUID'],
      // Asked before there are any settings; code is kept when nobody waits.
      'src/base/compiled-code.ts': ['process.env', "process.env['NODE_DISABLE_COMPILE_CACHE']", 'setTimeout'],
      // Becomes part of the program that runs under `exec`.
      'src/exec/intercept/node-hook.ts': ['process.env', 'process.env[name]'],
      // What follows waits in real time because somebody outside does: a container, a client that is held or listens.
      'src/commands/healthcheck.ts': ['setTimeout'],
      'src/exec/child.ts': ['setTimeout'],
      'src/exec/deadline.ts': ['setTimeout'],
      'src/exec/signals.ts': ['setTimeout'],
      'src/commands/wait.ts': ['setTimeout'],
      'src/commands/parent.ts': ['setTimeout'],
      'src/core/events.ts': ['setTimeout'],
      'src/core/clocks.ts': ['setTimeout'],
      'src/control/faults.ts': ['setTimeout'],
      'src/control/journal.ts': ['setTimeout'],
      'src/routes/customer/events.ts': ['setInterval'],
      // How often a page that is watched is told of what happened.
      'src/routes/control/stream.ts': ['performance.now', 'setInterval', 'setTimeout'],
      // When nobody writes, the log is copied into the database file.
      'src/store/commit.ts': ['setTimeout'],
      // How long requests that are under way may hold up the end.
      'src/index.ts': ['setTimeout'],
      // How long an answer took, which is shown and decides nothing.
      'src/plugins/exchange.ts': ['performance.now'],
      'src/plugins/journal.ts': ['performance.now'],
      // The key that signs tokens; kept in the database once it is made.
      'src/core/tokens.ts': ['generateKeyPair'],
    })
  },
)

// Keeps the documents true: what they list is what the code has, both ways, and what they print runs as it is.
import { execFile, spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { dirname, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { settings } from '../../src/settings/settings.ts'
import { defaultKey } from '../../src/domain/accounts/keys.ts'
import { packageRoot, version } from '../../src/base/package.ts'
import { client, emulator } from '../emulator.ts'
import { run as start, stop } from '../program.ts'
import { read, local, section, rows, cells, sameRows, code, walkedPages } from '../documents.ts'

const readme = read('README.md')

const manifest = JSON.parse(read('package.json'))

const lock = JSON.parse(read('package-lock.json'))

const base = `http://${settings.host.default}:${settings.port.default}`

const ignored = ['node_modules', 'dist', '.tap', '.git', '.bytenite-emulator']

const documents = readdirSync(packageRoot, { withFileTypes: true })
  .filter(({ name }) => !ignored.includes(name))
  .flatMap((entry) =>
    entry.isDirectory()
      ? readdirSync(join(packageRoot, entry.name), { recursive: true, encoding: 'utf8' }).map((file) =>
          join(entry.name, file),
        )
      : [entry.name],
  )
  .filter((file) => file.endsWith('.md'))

/** The fenced block in one language of a section. */
function block(file: string, heading: string, language: string): string {
  const match = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'm').exec(section(file, heading))
  if (match === null) throw new Error(`${file} has no block of ${language} under "${heading}"`)
  return match[1]!
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, without the loaders that the test runner passes on. */
const run = (command: string, args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, NODE_OPTIONS: '', NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1', ...environment }
    execFile(command, args, { cwd: packageRoot, env }, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr })
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr })
      else reject(new Error(`${command}: ${error.message}`, { cause: error }))
    })
  })

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0

const noCurl = works('curl', '--version') ? false : 'curl is not installed'

const noRequests = works('python3', '-c', 'import requests') ? false : 'Python or its module requests is not installed'

void t.test('README: the two commands', async (t) => {
  const commands = block('README.md', '# bytenite-emulator', 'sh')
  t.match(commands, new RegExp(`^npm ci && npm start +# .* on ${base}\\nnpm ci && npm test +#`))
  t.type(manifest.scripts.start, 'string')
  t.type(manifest.scripts.test, 'string')
  const script = read('.ci/run')
  const pattern = /grep -m1 -oE '([^']+)' README\.md/.exec(script)?.[1]
  t.equal(new RegExp(pattern ?? 'no pattern').exec(readme)?.[0], 'npm ci && npm test', '.ci/run finds it in the README')
  t.match(script, /^suite 'npm test' "\$command"/m, '.ci/run runs what it found')
  const [, twenty, twentyTwo] = /^>=(\d+\.\d+)\.0 <21 \|\| >=(\d+\.\d+)\.0$/.exec(manifest.engines.node) ?? []
  t.match(readme, `Node.js ${twenty}+, ${twentyTwo}+ or 24`, 'the versions are those of package.json')
})

void t.test('README: a job, from nothing to its result', { skip: noCurl }, async (t) => {
  const { url } = await emulator(t)
  const script = block('README.md', '## A job, from nothing to its result', 'sh').replaceAll(base, url)
  for (const round of ['pasted once', 'pasted again']) {
    const folder = t.testdir()
    const { code, stdout, stderr } = await run('sh', ['-euc', `cd ${folder}\n${script}`])
    t.equal(code, 0, stderr)
    t.match(stdout, /\nHello, World!$/, round)
    t.equal(readFileSync(join(folder, 'hello.txt'), 'utf8'), 'Hello, World!')
  }
})

void t.test('documents: commands with curl between the lines', { skip: noCurl }, async (t) => {
  const { url } = await emulator(t)
  const commands = documents.flatMap((document) =>
    [...read(document).matchAll(/`(curl [^`]+)`/g)].map((match) => match[1]!.replaceAll(base, url)),
  )
  t.not(commands.length, 0)
  for (const command of commands) {
    const { code, stderr } = await run('sh', ['-c', command.replace('curl ', 'curl --fail ')])
    t.equal(code, 0, `${command}: ${stderr}`)
  }
})

void t.test('documents: the addresses they name answer', async (t) => {
  const { url } = await emulator(t)
  const addresses = documents.flatMap((document) => [...read(document).matchAll(/<(http:[^>]+)>/g)])
  t.not(addresses.length, 0)
  for (const [, address = ''] of addresses) {
    const response = await fetch(address.replace(base, url), { headers: { accept: 'text/html' } })
    t.equal(response.status, 200, address)
    t.match(response.headers.get('content-type'), /^text\/html/, address)
  }
})

/** Fenced blocks of all documents in one language that fit. */
const blocks = (language: string, fits: RegExp): { document: string; source: string }[] =>
  documents.flatMap((document) =>
    [...read(document).matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))]
      .map((match) => ({ document, source: match[1]! }))
      .filter(({ source }) => fits.test(source)),
  )

void t.test('documents: programs in JavaScript run as they are', async (t) => {
  const library = pathToFileURL(join(packageRoot, 'src/index.ts')).href
  const programs = blocks('js', new RegExp(`from '${manifest.name}'`))
  t.ok(programs.length >= 3)
  for (const [index, { document, source }] of programs.entries()) {
    t.match(source, /assert/, `${document}: a program says what must be true`)
    const file = `program-${index}.mjs`
    const folder = t.testdir({ [file]: source.replaceAll(`'${manifest.name}'`, `'${library}'`) })
    await t.resolves(import(pathToFileURL(join(folder, file)).href), document)
  }
})

void t.test('documents: calls of the control API with curl run as they are', { skip: noCurl }, async (t) => {
  // Those of the control API's own page need what each operation is about; `test/fidelity/fidelity.test.ts` runs them.
  const elsewhere = ['docs/control-api.md', 'README.md', ...walkedPages]
  const scripts = blocks('sh', /^curl .*\/_emulator\//m).filter(({ document }) => !elsewhere.includes(document))
  t.not(scripts.length, 0)
  for (const { document, source } of scripts) {
    const { url } = await emulator(t)
    const { code, stderr } = await run('sh', ['-euc', source.replaceAll(base, url).replaceAll('curl ', 'curl --fail ')])
    t.equal(code, 0, `${document}: ${stderr}`)
  }
})

void t.test('documents: command lines of the program run as they are', async (t) => {
  const lists = "fetch('https://api.bytenite.com/v1/customer/jobs', { headers: { Authorization: 'a key' } })"
  const cwd = t.testdir({
    'package.json': JSON.stringify({ scripts: { test: 'node submit.mjs' } }),
    'submit.mjs': `process.exit((await ${lists}).status === 200 ? 0 : 1)`,
    'submit_job.py': 'print("submitted")',
    'hello.txt': 'hello',
  })
  cpSync(join(packageRoot, 'examples', 'blocks', 'hello-world'), join(cwd, 'hello-world'), { recursive: true })
  cpSync(join(packageRoot, 'examples', 'blocks'), join(cwd, 'examples', 'blocks'), { recursive: true })
  const scripts = blocks('sh', /^npx bytenite-emulator/m).filter(({ document }) => !walkedPages.includes(document))
  const lines = scripts.flatMap(({ document, source }) =>
    source
      .replaceAll('\\\n', '')
      .split('\n')
      .filter((line) => line.startsWith('npx bytenite-emulator'))
      .map((line) => ({ document, line: line.replace(/ +#.*/, '') })),
  )
  t.ok(lines.length >= 6)
  for (const { document, line } of lines) {
    const args = line.split(/\s+/).slice(2)
    if (args[0] !== 'exec' && args[0] !== 'run') {
      // It runs until it is told to stop, here on a port of its own.
      const program = start(t, [...args, '--in-memory', '--port', '0'], { cwd })
      await t.resolves(program.ready, `${document}: ${line}`)
      await stop(program)
      continue
    }
    const python = args[0] === 'run' ? 'python3' : 'python'
    const needsPython = args[0] === 'run' || args.includes('python')
    const skipped =
      (args.includes('curl') && noCurl) || (needsPython && !works(python, '--version') && 'no Python here')
    await t.test(`${document}: ${line}`, { skip: skipped }, async (t) => {
      const { code } = await start(t, args, { cwd }).exit
      t.equal(code, 0)
    })
  }
})

void t.test('local development: the seed file', async (t) => {
  const seed = JSON.parse(block(local, '### Seed file', 'json'))
  const { url } = await emulator(t, { seed })
  for (const job of seed.jobs) {
    const { status, body } = await client(url)('GET', `/v1/customer/jobs/${job.jobId}`)
    t.equal(status, 200)
    t.match(body.job, { templateId: job.templateId, name: job.name })
  }
})

const runners: Record<string, { readonly command: string; readonly skip: string | false }> = {
  '.sh': { command: 'sh', skip: noCurl },
  '.mjs': { command: process.execPath, skip: false },
  '.py': { command: 'python3', skip: noRequests },
}

const examples = readdirSync(join(packageRoot, 'examples'), { withFileTypes: true })
  // The folder of recipes is run by test/programs/recipes.test.ts.
  .filter((entry) => entry.isFile() && !entry.name.endsWith('.md'))
  .map(({ name }) => name)

for (const file of examples) {
  const runner = runners[extname(file)]
  void t.test(`examples/${file}`, { skip: runner?.skip ?? false }, async (t) => {
    if (runner === undefined) return t.fail(`test/docs.test.ts does not know how to run examples/${file}`)
    const example = (url: string, key?: string) =>
      run(runner.command, [join('examples', file)], {
        BYTENITE_API_URL: url,
        BYTENITE_API_KEY: key ?? '',
      })
    t.match(read(join('examples', file)), base, 'has the default address')
    t.match(read(join('examples', file)), defaultKey, 'has the default key')
    t.match(read(local), `](../examples/${file})`, `${local} links to it`)

    const { url } = await emulator(t, { pace: { by: 'time', total: 0 } })
    const good = await example(url)
    t.equal(good.code, 0, good.stderr)
    const [id, state] = good.stdout.trim().split('\n').at(-1)!.split(' ')
    const { status, body } = await client(url)('GET', `/v1/customer/jobs/${id}`)
    t.equal(status, 200, `prints the id of a job that is there: ${good.stdout}`)
    t.equal(body.job?.state, state)

    const refused = await example(url, 'wrong')
    t.not(refused.code, 0, 'fails with a wrong key')
    t.match(refused.stderr, /answered 401: .*invalid API key/)

    const silent = createServer((socket) => socket.once('data', () => socket.destroy()))
    t.teardown(() => silent.close())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const unanswered = await example(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`)
    t.not(unanswered.code, 0, 'fails where nobody answers')
    t.match(unanswered.stderr, /no answer to POST/)
  })
}

const sources = readdirSync(join(packageRoot, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => read(join('src', file)))

void t.test('docs/dependencies.md: dependencies are those of package.json', async (t) => {
  /** Whether the code of the emulator imports it: then it is needed to build, and is in the bundle. */
  const isBundled = ([name]: [string, unknown]): boolean =>
    !(name in manifest.peerDependencies) &&
    sources.some((source) => source.includes(`from '${name}'`) || source.includes(`import('${name}')`))
  const developed = Object.entries(manifest.devDependencies as object)
  const lists = {
    Runtime: manifest.dependencies,
    Optional: manifest.optionalDependencies,
    Peer: manifest.peerDependencies,
    Bundled: Object.fromEntries(developed.filter(isBundled)),
    Development: Object.fromEntries(developed.filter((entry) => !isBundled(entry))),
    Overrides: manifest.overrides,
  }
  for (const [heading, packages] of Object.entries(lists)) {
    const written = rows('docs/dependencies.md', `## ${heading}`)
    const reasons = new Map(written.map((row) => cells(row) as [string, string]))
    const expected = Object.keys(packages as object).map(
      (name) => `| ${code(name)} | ${reasons.get(name) || '(say why)'} |`,
    )
    sameRows(t, `docs/dependencies.md, ${heading}`, written, expected)
  }
})

void t.test('package-lock.json', async (t) => {
  const own = lock.packages['']
  t.match(lock, { name: manifest.name, version: manifest.version })
  t.match(own, { name: manifest.name, version: manifest.version, engines: manifest.engines })
  for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies', 'devDependencies']) {
    t.same(own[kind], manifest[kind], `${kind} are those of package.json`)
  }
  t.equal(
    lock.packages['node_modules/better-sqlite3-napi'].gypfile,
    false,
    'better-sqlite3-napi keeps "gypfile": false, else npm ci compiles it (see CONTRIBUTING.md)',
  )
  const entries = Object.entries<Record<string, unknown>>(lock.packages)
  // The peer that users of Node.js 20 add themselves; here it comes with test/sqlite-for-node-20.
  const peer = 'node_modules/better-sqlite3'
  const scripts = entries.filter(
    ([name, entry]) => entry['hasInstallScript'] === true && entry['dev'] !== true && name !== peer,
  )
  t.match(lock.packages[peer], { optional: true }, 'an install goes through without it')
  t.same(
    scripts.map(([name]) => name),
    [],
    'nothing that users get runs a script when it is installed, as a compiler of SQLite would',
  )
  const resolved = entries.filter(([, entry]) => 'resolved' in entry)
  t.same(
    resolved.map(([, entry]) => entry['resolved']),
    ['test/sqlite-for-node-20'],
    'no entry names a registry (see CONTRIBUTING.md)',
  )
})

void t.test('version and license', async (t) => {
  t.equal(version, manifest.version)
  t.match(read('CHANGELOG.md'), `\n## [${version}] - `, 'CHANGELOG.md has a heading for the current version')
  t.equal(manifest.license, 'MIT')
  t.match(read('LICENSE'), /^MIT License\n/)
})

void t.test('documents: links lead somewhere', async (t) => {
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replace(/\s/g, '-')
  const leadsSomewhere = (document: string, target: string): boolean => {
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? document : join(dirname(document), path)
    if (!existsSync(join(packageRoot, file))) return false
    return anchor === undefined || [...read(file).matchAll(/^#+ (.*)$/gm)].some((match) => slug(match[1]!) === anchor)
  }
  const links = documents.flatMap((document) =>
    [
      ...read(document)
        .replace(/^```[^]*?^```$/gm, '')
        .matchAll(/\]\(([^)\s]+)\)/g),
    ]
      .map((match) => ({ document, target: match[1]! }))
      .filter(({ target }) => !/^[a-z]+:/.test(target)),
  )
  t.not(links.length, 0)
  const dead = links.filter(({ document, target }) => !leadsSomewhere(document, target))
  t.same(dead, [], 'no link is dead')
})

void t.test('documents: files and scripts they name exist', async (t) => {
  const paths = /`((?:src|schemas|migrations|test|scripts|docs|examples|\.ci)\/[\w./-]*)`/g
  for (const document of documents) {
    const text = read(document)
    // Names with a part in capitals, such as NNN, stand for any.
    const files = [...text.matchAll(paths)].map((match) => match[1]!).filter((path) => !/[A-Z]{3}/.test(path))
    t.same(
      files.filter((path) => !existsSync(join(packageRoot, path))),
      [],
      `${document} names no file that is missing`,
    )
    const scripts = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map((match) => match[1]!)
    t.same(
      scripts.filter((script) => !(script in manifest.scripts)),
      [],
      `${document} names no script that is missing`,
    )
  }
})

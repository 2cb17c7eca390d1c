import t from 'tap'
import { type DriverSource, loadDriver } from '../../src/store/driver.ts'

const missing = (path: string): Error =>
  Object.assign(new Error(`Cannot find module '${path}'\nRequire stack:\n- /app/dist/index.cjs`), {
    code: 'MODULE_NOT_FOUND',
  })
const unloadable = (message: string): Error => Object.assign(new Error(message), { code: 'ERR_DLOPEN_FAILED' })

type Installed = Readonly<Record<string, { readonly version: string; readonly fails?: Error }>>

/** A machine with the packages given; those that fail do it when their first database is opened. */
const machine = (node: string, installed: Installed, { platform = 'linux', arch = 'x64', musl = false } = {}) => {
  const loaded: string[] = []
  const source: DriverSource = {
    ...{ node, platform, arch, isMusl: () => musl },
    load(path) {
      const found = installed[path.replace('/package.json', '')]
      if (found === undefined) throw missing(path)
      const { version, fails } = found
      if (path.endsWith('.json')) return { version }
      loaded.push(path)
      return class {
        constructor() {
          if (fails !== undefined) throw fails
        }
        close(): void {}
      }
    },
  }
  return { source, loaded }
}

const [twelve, thirteen] = [{ version: '12.11.1' }, { version: '13.2.0' }]

void t.test('takes the package that suits the version of Node.js', async (t) => {
  const both = { 'better-sqlite3': twelve, 'better-sqlite3-napi': thirteen }
  const taken = (node: string, installed: Installed) => loadDriver(machine(node, installed).source).name
  t.equal(taken('20.20.2', both), 'better-sqlite3')
  t.equal(taken('22.13.0', both), 'better-sqlite3')
  t.equal(taken('22.14.0', both), 'better-sqlite3-napi')
  t.equal(taken('24.19.0', both), 'better-sqlite3-napi')
  t.equal(taken('22.14.0', { 'better-sqlite3': twelve }), 'better-sqlite3', 'version 12, if there is no other')
  t.equal(taken('24.19.0', { 'better-sqlite3': thirteen }), 'better-sqlite3', 'version 13 of the project itself')
})

void t.test('what would crash is not loaded', async (t) => {
  const cases: [string, Installed][] = [
    ['20.20.2', { 'better-sqlite3': thirteen, 'better-sqlite3-napi': thirteen }],
    ['22.13.0', { 'better-sqlite3-napi': thirteen }],
    ['24.19.0', { 'better-sqlite3': twelve }],
    ['20.20.2', { 'better-sqlite3': { version: '11.10.0' } }],
  ]
  for (const [node, installed] of cases) {
    const { source, loaded } = machine(node, installed)
    t.throws(() => loadDriver(source), { message: `no SQLite driver for Node.js ${node} on linux-x64: ` })
    t.strictSame(loaded, [])
  }
})

const tried =
  'Could not locate the bindings file. Tried:\n → /app/node_modules/better-sqlite3/build/better_sqlite3.node'
const otherNode =
  "The module '/app/better_sqlite3.node'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 127."
const foreign = {
  'another system': '/app/node_modules/better-sqlite3-napi/prebuilds/linux-x64.node: invalid ELF header',
  'another system, on macOS': "dlopen(/app/x.node, 0x0001): tried: '/app/x.node' (not a mach-o file)",
  'another processor': "dlopen(/app/x.node): (mach-o file, but is an incompatible architecture (have 'arm64'))",
  'another system, on Windows': '\\\\?\\C:\\app\\x.node is not a valid Win32 application.',
  'musl, on glibc': 'libc.musl-x86_64.so.1: cannot open shared object file: No such file or directory',
  'glibc, on musl':
    'Error loading shared library ld-linux-x86-64.so.2: No such file or directory; Error relocating /app/x.node',
  'a newer glibc': "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /app/x.node)",
}

void t.test('each reason why there is none has its own way out', async (t) => {
  const says = (node: string, installed: Installed, words: string | RegExp, place = {}) => {
    const { source } = machine(node, installed, place)
    t.throws(() => loadDriver(source), { message: words }, String(words))
  }
  const failing = (message: string) => ({ version: '12.11.1', fails: unloadable(message) })
  const own = (fails: Error) => ({ 'better-sqlite3-napi': { version: '13.2.0', fails } })

  says('20.20.2', {}, /npm install --save-dev better-sqlite3@12, .* or use Node\.js 22\.14 or later/)
  says('20.20.2', { 'better-sqlite3-napi': thirteen }, 'npm install --save-dev better-sqlite3@12')
  says('24.19.0', {}, /--omit=optional.*Run npm install --include=optional with this one/)
  says('24.19.0', { 'better-sqlite3': twelve }, 'npm install --include=optional')
  says('20.20.2', { 'better-sqlite3': failing(tried) }, /--ignore-scripts.*npm rebuild better-sqlite3.*approve-builds/)
  says(
    '20.20.2',
    { 'better-sqlite3': failing(otherNode) },
    /another version of Node.js. Run npm rebuild better-sqlite3/,
  )
  says(
    '20.20.2',
    { 'better-sqlite3': thirteen },
    /version 13\.2\.0 does not run .* npm install --save-dev better-sqlite3@12/,
  )

  const noBinary = missing('/app/node_modules/better-sqlite3-napi/build/Release/better_sqlite3.node')
  says('24.19.0', own(noBinary), /on linux-riscv64: .*no binary for it.*node-gyp rebuild/, { arch: 'riscv64' })
  for (const [reason, message] of Object.entries(foreign)) {
    says('24.19.0', own(unloadable(message)), 'Delete node_modules and install here')
    t.pass(reason)
  }
  says('24.19.0', own(unloadable(foreign['glibc, on musl'])), /than linux-arm64 with musl/, {
    arch: 'arm64',
    musl: true,
  })
  says(
    '24.19.0',
    own(new Error('unheard of\nat line 1')),
    /: better-sqlite3-napi: unheard of\. Run npm install --force/,
  )
})

// Builds dist/: a bundle for the command line and the fixture, one for the hook of `exec`, and the schemas; with `--types`, their
// declarations, too. `--if-stale` builds only what is older than its sources.
//
// The bundle is CommonJS, which every program can load, Jest included. The ES modules beside it only name its exports, so that a
// process that does both has one emulator's code and classes. Schemas are data and come in both forms, each with the TypeBox of
// its kind.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build, transform } from 'esbuild'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')

/** @param {string} path */
function newest(path) {
  const { mtimeMs } = statSync(path)
  if (!statSync(path).isDirectory()) return mtimeMs
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))))
}

const sources = ['src', 'schemas', 'scripts', 'package.json', 'package-lock.json', 'tsconfig.json'].map((name) =>
  join(root, name),
)
const withTypes = process.argv.includes('--types')
const last = join(dist, withTypes ? 'index.d.ts' : 'cli.js')
if (process.argv.includes('--if-stale') && existsSync(last)) {
  if (statSync(last).mtimeMs > Math.max(...sources.map(newest))) process.exit(0)
}

/** Modules that Fastify loads for TLS, HTTP/2 and versioned plugins, none of which the emulator has. They take 5 ms of a start. */
const rarelyNeeded = ['node:https', 'node:http2', 'semver']

/**
 * Makes a module of Fastify load those when it uses them.
 *
 * @param {string} code
 */
function loadLater(code) {
  return rarelyNeeded.reduce((rest, name) => {
    const [line = '', variable = ''] = new RegExp(`^const (\\w+) = require\\('${name}'\\)\n`, 'm').exec(rest) ?? []
    return line === '' ? rest : rest.replace(line, '').replaceAll(`${variable}.`, `require('${name}').`)
  }, code)
}

/**
 * Makes find-my-way compare all parts of a path as texts, as it does with long ones: to compile a function for each of the others
 * takes 4 ms of a start.
 *
 * @param {string} code
 */
function compareAsTexts(code) {
  const changed = code.replace(/(LONG_PREFIX_MIN_LENGTH = )\d+/, '$12')
  if (changed === code) throw new Error('find-my-way compares parts of a path in another way now')
  return changed
}

/**
 * Makes find-my-way compile the functions of a route once for all emulators of a process: most routes have the same ones. Here
 * no route has constraints, which the second function would depend on.
 *
 * @param {string} code
 */
function compileOnce(code) {
  if (
    !/_compileCreateParamsObject \(params\) {[^]+_compileGetHandlerMatchingConstraints \(constrainer\) {/.test(code)
  ) {
    throw new Error('find-my-way compiles functions in another way now')
  }
  return `${code}
const { _compileCreateParamsObject: compileParams, _compileGetHandlerMatchingConstraints: compileMatching } =
  HandlerStorage.prototype
const compiled = new Map()
function once(key, compile) {
  if (!compiled.has(key)) compiled.set(key, compile())
  return compiled.get(key)
}
HandlerStorage.prototype._compileCreateParamsObject = (params) => once(params.join('/'), () => compileParams(params))
HandlerStorage.prototype._compileGetHandlerMatchingConstraints = function (constrainer) {
  if (this.constraints.length > 0) throw new Error('a route has constraints')
  this.constrainedHandlerStores = {}
  this._getHandlerMatchingConstraints = once(this.handlers.length, () => {
    compileMatching.call(this, constrainer)
    return this._getHandlerMatchingConstraints
  })
}
`
}

/** Changes to other people's modules that make a start faster, by the ends of their paths. */
const changes = /** @type {const} */ ([
  [/[\\/]fastify[\\/]lib[\\/](server|plugin-utils)\.js$/, loadLater],
  [/[\\/]find-my-way[\\/]lib[\\/]node\.js$/, compareAsTexts],
  [/[\\/]find-my-way[\\/]lib[\\/]handler-storage\.js$/, compileOnce],
])

/**
 * Shortens names inside of other people's modules; ours stay as stack traces are to show them. `keepNames` would do the same to
 * all, but makes the start slower by a tenth of a second.
 */
const shorterPackages = {
  name: 'shorter-packages',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    build.onLoad({ filter: /[\\/]node_modules[\\/].*\.[cm]?js$/ }, async ({ path }) => {
      const code = readFileSync(path, 'utf8')
      const [, change] = changes.find(([file]) => file.test(path)) ?? []
      const contents = change === undefined ? code : change(code)
      return { contents: (await transform(contents, { minifyIdentifiers: true, legalComments: 'inline' })).code }
    })
  },
}

/** Leaves out what Fastify compiles schemas with, as the emulator brings its own; see `noCompiler` in src/app.ts. */
const noCompilers = {
  name: 'no-compilers',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    const filter = /^@fastify\/(ajv-compiler|fast-json-stringify-compiler)$/
    build.onResolve({ filter }, ({ path }) => ({ path, namespace: 'left-out' }))
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: '' }))
  },
}

/** Leaves out what is a module of its own, as it is loaded before all others and with the same state. */
const compiledCode = {
  name: 'compiled-code',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /[\\/]compiled-code\.ts$/ }, () => ({ path: './compiled-code.cjs', external: true }))
  },
}

/**
 * Columns of a line, as far as texts and patterns let it be broken: Node.js prints the whole line of an error that nobody catches.
 * Indented, the bundle would be half as large again and start 4 % later.
 */
const lineLimit = 120

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit,
  logLevel: 'warning',
}
const schemas = readdirSync(join(root, 'schemas')).map((file) => basename(file, '.ts'))

/**
 * Builds CommonJS that shares its chunks, which esbuild can do for ES modules only: those are made first, then each is translated.
 *
 * @param {import('esbuild').BuildOptions} options
 */
async function buildCommonJs(options) {
  const { outputFiles, metafile } = await build({
    ...common,
    ...options,
    minifyWhitespace: false,
    outExtension: { '.js': '.cjs' },
    splitting: true,
    metafile: true,
    write: false,
  })
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true })
    if (!path.endsWith('.cjs')) writeFileSync(path, text)
    else writeFileSync(path, await toCommonJs(text))
  }
  return metafile
}

/** @param {string} code an ES module */
async function toCommonJs(code) {
  const result = await transform(code, {
    format: 'cjs',
    platform: common.platform,
    target: common.target,
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit,
    // Jest can require(), but not import().
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__url' },
    ...(code.includes('import.meta.url') && {
      banner: "const __url=require('node:url').pathToFileURL(__filename).href;",
    }),
  })
  const plain = 'module.exports=Object.defineProperty({...module.exports},"__esModule",{value:!0});\n'
  return areConstant(code) ? result.code + plain : result.code
}

/**
 * Tells if no export of an ES module is ever assigned again, as then plain properties will do: through the getters that esbuild makes
 * of exports, a create costs a thirtieth more. A doubt, such as a parameter of the same name, counts as no.
 *
 * @param {string} code as esbuild writes it, with all exports in one list at the end
 */
function areConstant(code) {
  const list = /^export \{([^}]*)\};?$/m.exec(code)?.[1] ?? ''
  const names = [...list.matchAll(/([\w$]+)(?: as [\w$]+)?/g)].map(([, name]) => name)
  const assignment = String.raw`(?<![.\w$])NAME ?(?:[-+*/%&|^]|\*\*|<<|>>>?|\?\?|&&|\|\|)?=(?![=>])|(?<![.\w$])NAME ?(?:\+\+|--)|(?:\+\+|--)NAME(?![\w$])`
  return names.every(
    (name) =>
      (code.match(new RegExp(assignment.replaceAll('NAME', name.replaceAll('$', '\\$&')), 'g')) ?? []).length <= 1,
  )
}

/** @param {import('esbuild').Metafile} metafile of the CommonJS modules that the new ones load */
function writeModules({ outputs }) {
  for (const name of doors) {
    const names = outputs[`dist/${name}.cjs`]?.exports ?? []
    const file = join(dist, `${name}.js`)
    if (names.length > 0) writeFileSync(file, `export { ${names.join(', ')} } from './${name}.cjs'\n`)
    else {
      // Through import(), Node.js would also read the whole file for the names that it exports, which takes 10 ms.
      const lines = [
        '#!/usr/bin/env node',
        "import { createRequire } from 'node:module'",
        'const require = createRequire(import.meta.url)',
        "require('./compiled-code.cjs').keepProgram(import.meta.dirname)",
        `require('./${name}.cjs')\n`,
      ]
      writeFileSync(file, lines.join('\n'))
      chmodSync(file, 0o755)
    }
  }
}

/** Entries that programs and shells load. */
const doors = ['cli', 'index', 'testcontainers']

/** Makes the fixture keep its compiled code; see src/base/compiled-code.ts. Not what is small, or has no end to its loading. */
function keepCompiled() {
  const file = join(dist, 'index.cjs')
  const text = readFileSync(file, 'utf8')
  const begin = 'const __loaded=require("./compiled-code.cjs").keepModules(__dirname);\n'
  writeFileSync(file, `${begin}${text}__loaded();\n`)
}
const schemaFiles = {
  entryPoints: schemas.map((name) => `schemas/${name}.ts`),
  outdir: 'dist/schemas',
  // Whoever reads schemas has TypeBox of their own: two copies of it would not know each other's types.
  external: ['@sinclair/typebox'],
}

rmSync(dist, { recursive: true, force: true })
await Promise.all([
  // The page that browsers load.
  build({
    ...common,
    platform: 'browser',
    target: 'es2022',
    minifyIdentifiers: true,
    legalComments: 'none',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    entryPoints: [
      'src/inspector/main.tsx',
      'src/inspector/main.css',
      'src/inspector/icon.svg',
      'src/inspector/index.html',
    ],
    loader: { '.svg': 'copy', '.html': 'copy' },
    outdir: 'dist/inspector',
  }),
  // By itself, as it is loaded into other people's programs.
  build({
    ...common,
    entryPoints: ['src/exec/intercept/node-hook.ts', 'src/exec/intercept/sitecustomize.py'],
    loader: { '.py': 'copy' },
    outdir: 'dist',
  }),
  buildCommonJs({
    entryPoints: doors.map((name) => `src/${name}.ts`),
    outdir: 'dist',
    legalComments: 'linked',
    plugins: [compiledCode, noCompilers, shorterPackages],
    // Native, or rarely needed and large.
    external: ['better-sqlite3', 'better-sqlite3-napi', '@fastify/swagger', '@fastify/swagger-ui', 'node-forge'],
  }).then((metafile) => {
    writeModules(metafile)
    keepCompiled()
  }),
  // By itself, as it is there before all others.
  build({
    ...common,
    format: 'cjs',
    entryPoints: ['src/base/compiled-code.ts'],
    outfile: 'dist/compiled-code.cjs',
  }),
  build({ ...common, ...schemaFiles, splitting: true }),
  buildCommonJs(schemaFiles),
])

if (withTypes) {
  const { writeDeclarations } = await import('./declarations.js')
  await writeDeclarations(root, dist, ['index', 'testcontainers'], schemas)
}

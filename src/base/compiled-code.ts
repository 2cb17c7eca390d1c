import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { setImmediate, setTimeout } from './timers.ts'
import { deserialize, serialize } from 'node:v8'
import { Script } from 'node:vm'

// Keeps the compiled code of the package between processes, as compiling takes V8 a fifth of a start. Node.js can do that for a
// whole program from 22.1 on, but not before, and not for one package among others. `v8-compile-cache` keeps only what is compiled
// when a module is loaded, which gains a third as much.

/** The functions of Node.js 22.1 and later. */
const { enableCompileCache, getCompileCacheDir } = Module as {
  readonly enableCompileCache?: () => unknown
  readonly getCompileCacheDir?: () => string | undefined
}

/** The compiled code of one module. */
interface Compiled {
  /** Of the text that it was made of. V8 itself looks only at its length, and at no byte of the code. */
  readonly digest: string
  readonly code: Buffer
  /** It was made once an emulator had started, and so has the functions that a start runs. */
  readonly isWhole: boolean
}

/** Compiled code of modules by the names of their files. */
type Kept = Map<string, Compiled>

/** A module that was loaded here. */
interface Loaded {
  readonly digest: string
  readonly script: Script
  /** The state of its code in the file: missing, without or with the functions of a start. */
  readonly known: 'none' | 'part' | 'whole'
}

/** A module of Node.js, with the method that every text of CommonJS goes through. */
interface Compiling extends NodeJS.Module {
  _compile: (this: Compiling, text: string, filename: string, ...rest: unknown[]) => unknown
}

/** Milliseconds after the start of an emulator at which code is kept: not while the first requests are answered. */
const idleAfter = 300

/** Keeps the code of what was loaded, if it is worth it; undefined if nothing is kept in this process. */
let keepLoaded: (() => void) | undefined
let isStarted = false

const digestOf = (content: string | Buffer): string => createHash('sha1').update(content).digest('hex')

/**
 * Keeps the compiled code of a program of this package. Call before its modules are loaded.
 *
 * @param dist the folder of all modules
 */
export function keepProgram(dist: string): void {
  if (enableCompileCache === undefined) keepModules(dist)
  else enableCompileCache()
}

/**
 * Keeps the compiled code of modules of this package that other people's programs load.
 *
 * @param dist the folder of all modules
 * @returns ends it: what is loaded afterwards is left to Node.js
 */
export function keepModules(dist: string): () => void {
  const prototype = Module.prototype as Compiling
  const compile = prototype._compile
  // Other runtimes have other ways, and in some programs Node.js keeps all code.
  const isOther = 'bun' in process.versions || 'deno' in process.versions || typeof compile !== 'function'
  if (isOther || getCompileCacheDir?.() !== undefined) return () => undefined

  let file: string | undefined
  let kept: Kept | undefined
  const loaded = new Map<string, Loaded>()

  prototype._compile = function (text, filename, ...rest) {
    if (dirname(filename) !== dist) return compile.call(this, text, filename, ...rest)
    const name = basename(filename)
    const digest = digestOf(text)
    const before = keptNow().get(name)
    const cached = before?.digest === digest ? before : undefined
    const script = new Script(`${head}${text.replace(/^#!.*/, '')}\n})`, {
      filename,
      columnOffset: -head.length,
      ...(cached && { cachedData: cached.code }),
    })
    // Also the code for other flags of V8 is refused.
    const known =
      cached === undefined || script.cachedDataRejected !== false ? 'none' : cached.isWhole ? 'whole' : 'part'
    loaded.set(name, { digest, script, known })
    const run = script.runInThisContext() as (...args: unknown[]) => unknown
    return run.call(this.exports, this.exports, createRequire(filename), this, filename, dist)
  }
  return () => {
    prototype._compile = compile
  }

  /** Reads the file for all modules that are loaded in one turn; the megabyte is not held longer. */
  function keptNow(): Kept {
    if (keepLoaded === undefined) {
      keepLoaded = keep
      process.once('exit', keep)
    }
    if (kept === undefined) {
      file = fileFor(dist)
      kept = file === undefined ? new Map() : readKept(file)
      setImmediate(() => (kept = undefined))
    }
    return kept
  }

  function keep(): void {
    const isWorth = [...loaded.values()].some(({ known }) => known === 'none' || (isStarted && known === 'part'))
    if (file !== undefined && isWorth) {
      const all = readKept(file)
      for (const [name, { digest, script }] of loaded) {
        all.set(name, { digest, code: script.createCachedData(), isWhole: isStarted })
      }
      writeKept(file, dist, all)
    }
    if (isStarted) loaded.clear()
  }
}

/**
 * Says that an emulator has started. V8 forgets the code of functions that do not run for a while, so that at the end of a long
 * process that of the start would be missing.
 */
export function keepStarted(): void {
  if (isStarted) return
  isStarted = true
  setTimeout(() => keepLoaded?.(), idleAfter).unref()
}

/** The line that Node.js puts before a text of CommonJS. */
const head = '(function (exports, require, module, __filename, __dirname) { '

/** The file for the modules of a folder, in a folder that is there and belongs to this user; undefined if nothing may be kept. */
function fileFor(dist: string): string | undefined {
  if (process.env['NODE_DISABLE_COMPILE_CACHE'] !== undefined) return undefined
  const user = process.getuid?.()
  const folder = join(tmpdir(), `bytenite-emulator-code-${user ?? 'user'}`)
  try {
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
    const { uid, mode } = lstatSync(folder)
    // Everybody can write to the folder of temporary files, and is not to decide what runs here.
    const isOwn = user === undefined || (uid === user && (mode & 0o022) === 0)
    return isOwn ? join(folder, digestOf(`${process.version} ${process.arch} ${dist}`)) : undefined
  } catch {
    return undefined
  }
}

/** Characters of a digest, with which a file begins. */
const digestLength = 40

function readKept(file: string): Kept {
  try {
    const bytes = readFileSync(file)
    const content = bytes.subarray(digestLength)
    if (bytes.toString('latin1', 0, digestLength) === digestOf(content)) return deserialize(content) as Kept
  } catch {
    // There is none yet.
  }
  return new Map()
}

function writeKept(file: string, dist: string, all: Kept): void {
  const own = `${file}.${process.pid}`
  try {
    // Modules of an earlier build are dropped.
    const content = serialize(new Map([...all].filter(([name]) => existsSync(join(dist, name)))))
    writeFileSync(own, Buffer.concat([Buffer.from(digestOf(content)), content]), { mode: 0o600 })
    renameSync(own, file)
  } catch {
    // Then the next process compiles them again.
  }
}

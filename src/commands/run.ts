import { accessSync, constants, existsSync, rmdirSync } from 'node:fs'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { makeFolder } from '../base/folders.ts'
import type { StoredLine } from '../domain/runs/log-lines.ts'
import { exitCodeOf, passedOn } from '../exec/child.ts'
import { type Emulator, startEmulator } from '../index.ts'
import { ConfigError } from '../settings/settings.ts'
import { notRead, notWritten } from './files.ts'
import type { Invocation } from './subcommand.ts'

const jobs = '/v1/customer/jobs'

/**
 * Runs the blocks of a template once: in memory, without a port.
 *
 * @returns the exit code: 0 if the job is COMPLETE, that of a shell if a signal ended it, else 1
 * @throws ConfigError for a parameter that cannot be read; Error that says why nothing was run
 */
export async function run({ args, options, settings }: Invocation): Promise<number> {
  const [templateId = ''] = args
  const params = readParams([options['param'] ?? []].flat() as string[])
  const source = options['source'] as string | undefined
  const out = (options['out'] as string | undefined) ?? 'results'
  if (settings.apps.length === 0) throw new ConfigError('--apps is missing: name the folder of the blocks')
  if (source !== undefined && !(await isFile(source)))
    throw new Error(`--source ${JSON.stringify(source)} is not a file`)
  assertCanHold(out)
  if (existsSync(out) && (await readdir(out)).length > 0) {
    throw new Error(`--out ${JSON.stringify(out)} holds files already; name a new folder`)
  }
  // From here on there are folders to remove. One Ctrl-C may arrive several times; the end takes two seconds at most.
  const interrupted = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of passedOn) process.on(signal, resolve)
  })
  let onEnd = (): void => undefined
  const ended = new Promise<void>((resolve) => (onEnd = resolve))
  const { apps, python, runParallel } = settings
  const emulator = await startEmulator({
    port: null,
    apps,
    python,
    ...(runParallel === undefined ? {} : { runParallel }),
    runApps: 'process',
    logger: 'error',
    keepAlive: true,
    runHooks: {
      onLine: (_jobId, line) => void process.stderr.write(lineText(line)),
      onEnd: () => onEnd(),
      ...(options['keep'] === true ? { onKept: (folder) => void process.stderr.write(`kept: ${folder}\n`) } : {}),
    },
  })
  async function play(): Promise<number> {
    const jobId = await begin(emulator, { templateId, params }, source)
    await ended
    const { job } = await ask<{ job: { state: string; errorMessage: string } }>(emulator, 'GET', `${jobs}/${jobId}`)
    if (job.state !== 'JOB_STATE_COMPLETE') {
      process.stderr.write(`bytenite-emulator: the job failed: ${job.errorMessage}\n`)
      return 1
    }
    await save(emulator, jobId, out)
    return 0
  }
  try {
    return await Promise.race([play(), interrupted.then(exitCodeOf)])
  } finally {
    await emulator.close()
  }
}

/**
 * Asserts that a folder is there or can be made, by making it; it does not stay.
 *
 * @throws Error that names the option
 */
function assertCanHold(out: string): void {
  const missing: string[] = []
  for (let path = resolve(out); !existsSync(path); path = dirname(path)) missing.push(path)
  try {
    makeFolder(out)
    accessSync(out, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new Error(`--out ${JSON.stringify(out)} ${refusalOf(error)}; name a new folder`, { cause: error })
  } finally {
    for (const path of missing) removeEmpty(path)
  }
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // It was not made, or is no folder, or somebody has put something into it.
  }
}

function refusalOf(error: unknown): string {
  const { code, message } = error as { code?: string; message: string }
  if (code === 'EEXIST') return 'is, or lies below, a file or a link to nothing'
  if (code === 'ENOTDIR') return 'lies below a file'
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `cannot be written to (${code})`
  return `cannot be made: ${message}`
}

/** Makes a job and runs it. Returns its id. @throws Error if it could not be run, or would only be played */
async function begin(
  emulator: Emulator,
  request: { readonly templateId: string; readonly params: object },
  source: string | undefined,
): Promise<string> {
  const dataSource =
    source === undefined
      ? { dataSourceDescriptor: 'bypass' }
      : { dataSourceDescriptor: 'file', params: { '@type': localFile, name: basename(source) } }
  const { job } = await ask<{ job: { id: string; dataSource: { params: { tempUrl: string } } } }>(
    emulator,
    'POST',
    jobs,
    { ...request, dataSource },
  ).catch((error: Error) => {
    throw new Error(error.message.replace(/add it with .*$/s, 'it must be in a folder of --apps'), { cause: error })
  })
  if (source !== undefined) {
    const { pathname, search } = new URL(job.dataSource.params.tempUrl)
    await ask(
      emulator,
      'PUT',
      `${pathname}${search}`,
      await readFile(source).catch((error: unknown) => {
        throw notRead(source, error)
      }),
    )
    await ask(emulator, 'PATCH', `${jobs}/${job.id}/uploadcompleted`)
  }
  await ask(emulator, 'POST', `${jobs}/${job.id}/run`)
  const { execution } = await emulator.world('default').explain(job.id)
  if (execution.startsWith('played')) {
    throw new Error(`template ${JSON.stringify(request.templateId)} has nothing to run: ${execution.slice(8)}`)
  }
  return job.id
}

/** Puts the results of a job into a folder, and says their names on stdout. */
async function save(emulator: Emulator, jobId: string, out: string): Promise<void> {
  const { results } = await ask<{ results: { name: string; link: string }[] }>(
    emulator,
    'GET',
    `${jobs}/${jobId}/results`,
  )
  makeFolder(out)
  for (const { name, link } of results) {
    const { pathname, search } = new URL(link)
    const { rawPayload } = await emulator.inject({ url: `${pathname}${search}` })
    const file = join(out, name)
    try {
      makeFolder(dirname(file))
      await writeFile(file, rawPayload)
    } catch (error) {
      throw notWritten(file, error)
    }
    process.stdout.write(`${file}\n`)
  }
}

const localFile = 'type.googleapis.com/bytenite.data_source.LocalFileDataSource'

/** Sends a request to the emulator. @throws Error with its message, if it refuses */
async function ask<Answer>(
  emulator: Emulator,
  method: 'GET' | 'PATCH' | 'POST' | 'PUT',
  url: string,
  payload?: object,
): Promise<Answer> {
  const headers = url.startsWith('/v1') ? { authorization: 'test_default' } : {}
  const answer = await emulator.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) })
  if (answer.statusCode >= 400) throw new Error(answer.json<{ message: string }>().message)
  return (answer.payload === '' ? undefined : answer.json<Answer>()) as Answer
}

/**
 * Reads parameters as `app.case=upper` writes them.
 *
 * @throws ConfigError that shows the one that cannot be read
 */
export function readParams(texts: readonly string[]): Record<string, Record<string, unknown>> {
  const params: Record<string, Record<string, unknown>> = {}
  for (const text of texts) {
    const [, section, name, value] = /^(app|partitioner|assembler)\.([^=]+)=(.*)$/s.exec(text) ?? []
    if (section === undefined || name === undefined || value === undefined) {
      throw new ConfigError(
        `--param ${JSON.stringify(text)}: expected SECTION.NAME=VALUE with app, partitioner or assembler, such as app.case=upper`,
      )
    }
    params[section] = Object.assign(params[section] ?? {}, { [name]: jsonOr(value) })
  }
  return params
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** A line of a log for people: which part of the job says it, and what. */
function lineText({ service, chunk, level, log }: StoredLine): string {
  const part = service === 'TASKRUNNER' ? `task ${chunk}` : service.toLowerCase()
  return `${part.padEnd(11)} ${level === 'UNKNOWN' ? '|' : level.toLowerCase().padEnd(5)} ${log}\n`
}

const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

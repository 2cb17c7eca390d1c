import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Test } from 'tap'
import type { EmulatorOptions } from '../../src/index.ts'
import { client, emulator, type Call } from '../emulator.ts'

export const jobs = '/v1/customer/jobs'

/** What blocks of these tests begin with. */
const prelude = `import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
const env = process.env
`

export interface Codes {
  readonly partitioner?: string
  readonly app?: string
  readonly assembler?: string
}

/** A folder that goes with the test. `t.testdir()` gives each test only one. */
export function temporary(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'bytenite-blocks-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A folder with blocks in JavaScript, and the template `work` of them. Returns its path. */
export function blockFolder(t: Test, { partitioner, app = '', assembler }: Codes, manifest: object = {}): string {
  const folder = temporary(t)
  const block = (type: string, code: string): void => {
    mkdirSync(join(folder, type, 'app'), { recursive: true })
    const fields = { name: `my-${type}`, version: '0.1', type, platform: 'docker', entrypoint: 'main.mjs', ...manifest }
    writeFileSync(join(folder, type, 'manifest.json'), JSON.stringify(fields))
    writeFileSync(join(folder, type, 'app', 'main.mjs'), prelude + code)
  }
  block('app', app)
  if (partitioner !== undefined) block('partitioner', partitioner)
  if (assembler !== undefined) block('assembler', assembler)
  const template = {
    id: 'work',
    app: 'my-app',
    partitioner: partitioner === undefined ? 'passthrough' : 'my-partitioner@0.1',
    assembler: assembler === undefined ? 'passthrough' : 'my-assembler@0',
  }
  writeFileSync(join(folder, 'work.json'), JSON.stringify(template))
  return folder
}

/** An emulator that runs these blocks. */
export async function runningEmulator(t: Test, codes: Codes, options: EmulatorOptions = {}, manifest: object = {}) {
  const folder = blockFolder(t, codes, manifest)
  const started = await emulator(t, { apps: [folder], runApps: 'process', ...options })
  return { ...started, folder, call: client(started.url) }
}

/** A job of the template `work` that was run. Returns its id. */
export async function begun(call: Call, more: object = {}): Promise<string> {
  const request = { templateId: 'work', dataSource: { dataSourceDescriptor: 'bypass' }, ...more }
  const { body } = await call('POST', jobs, request)
  const { status, body: answer } = await call('POST', `${jobs}/${body.job.id}/run`)
  if (status !== 200) throw new Error(JSON.stringify(answer))
  return body.job.id as string
}

/** Asks for a job until it is as wanted. */
async function jobThat(call: Call, id: string, isSo: (job: any) => boolean): Promise<any> {
  for (;;) {
    const { body } = await call('GET', `${jobs}/${id}`)
    if (isSo(body.job)) return body.job
    await setImmediate()
  }
}

const hasEnded = ({ state }: { state: string }): boolean => /COMPLETE$|FAILED$/.test(state) && !/TASKS/.test(state)

export const ended = (call: Call, id: string): Promise<any> => jobThat(call, id, hasEnded)

/** A job that was run to its end. */
export const finished = async (call: Call, more: object = {}): Promise<any> => ended(call, await begun(call, more))

/** The results of a job, as texts by name. */
export async function resultsOf(call: Call, id: string): Promise<Record<string, string>> {
  const { body } = await call('GET', `${jobs}/${id}/results`)
  const texts = (body.results as { name: string; link: string }[]).map(
    async ({ name, link }) => [name, await (await fetch(link)).text()] as const,
  )
  return Object.fromEntries(await Promise.all(texts))
}

/** What a process is told by its parent's tests: whether it is there. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate()
}

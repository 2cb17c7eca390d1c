import { existsSync, readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { client } from '../emulator.ts'

export const jobs = '/v1/customer/jobs'

const fileSource = {
  dataSourceDescriptor: 'file',
  params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource', name: 'notes.txt' },
}

export const bypass = { dataSourceDescriptor: 'bypass' }

export type Call = ReturnType<typeof client>

/** A job that waits for its file; the link to put it to. */
export async function waitingJob(call: Call, more: object = {}): Promise<{ id: string; tempUrl: string }> {
  const { body } = await call('POST', jobs, { templateId: 'hello-world-template', dataSource: fileSource, ...more })
  return { id: body.job.id, tempUrl: body.job.dataSource.params.tempUrl }
}

export const put = (url: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'PUT', body, headers })

export const advance = (call: Call, by: string, world = 'default') =>
  call('POST', `/_emulator/worlds/${world}/clock/advance`, { by })

export async function finish(call: Call, id: string, world = 'default'): Promise<void> {
  const { status, body } = await call('POST', `${jobs}/${id}/run`)
  if (status !== 200) throw new Error(JSON.stringify(body))
  await advance(call, '10s', world)
}

/** A job of a template that needs no input, run to its end; its results. */
export async function completed(
  call: Call,
  request: object,
): Promise<{ id: string; results: { name: string; link: string }[] }> {
  const { body } = await call('POST', jobs, { dataSource: bypass, ...request })
  await finish(call, body.job.id)
  const { status, body: answer } = await call('GET', `${jobs}/${body.job.id}/results`)
  if (status !== 200) throw new Error(JSON.stringify(answer))
  return { id: body.job.id, results: answer.results }
}

export const bytesOf = async (url: string) => Buffer.from(await (await fetch(url)).arrayBuffer())

/** Everything below a folder that is a file. */
export const filesBelow = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
    : []

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setImmediate()
}

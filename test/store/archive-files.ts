import { createHash } from 'node:crypto'
import type { Emulator } from '../../src/index.ts'
import { client } from '../emulator.ts'

export const jobs = '/v1/customer/jobs'

export const made = '5e8a1c9e-7d1b-4f0e-9a39-1f2d3c4b5a60'

const fileSource = {
  dataSourceDescriptor: 'file',
  params: { '@type': 'type.googleapis.com/bytenite.data_source.LocalFileDataSource' },
}

/** Gives an emulator a world `full` with some of everything that a world can hold. */
export async function furnish(started: Emulator): Promise<void> {
  const call = client(started.url, 'test_full')
  const ok = async (...request: Parameters<typeof call>) => {
    const answer = await call(...request)
    if (answer.status !== 200) throw new Error(`${request[0]} ${request[1]}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const world = started.world('full')
  await ok('POST', '/v1/dev/templates', { id: 'own', app: 'my-app@1', params: { app: { depth: 3 } } })
  await ok('PATCH', '/v1/auth/user', { firstName: 'Ada', contactInfo: { city: 'Turin' } })
  const secret = { id: 's', secretType: 'aws', accessKey: 'a', params: { region: 'eu' } }
  await ok('POST', '/v1/auth/secrets', { secret, secretKey: 'HUSH' })
  await world.scenario({
    name: 'made',
    logs: ['a line'],
    results: [
      { name: 'out/a ü.txt', text: 'alpha' },
      { name: 'b.bin', size: 70_000 },
    ],
  })
  for (const [jobId, name] of [
    [made, 'made'],
    ['failed', 'fails'],
    ['new', 'ünï'],
    ['gone', 'gone'],
  ] as const) {
    const templateId = name === 'fails' ? 'emulator-fails' : 'own'
    await ok('POST', jobs, { jobId, name, templateId, dataSource: { dataSourceDescriptor: 'bypass' } })
  }
  for (const id of [made, 'failed']) await ok('POST', `${jobs}/${id}/run`)
  await ok('DELETE', `${jobs}/gone`)
  await ok('POST', jobs, { jobId: 'fed', templateId: 'own', dataSource: fileSource })
  await put(started.url, 'fed', 'uploaded')
  await ok('PATCH', `${jobs}/fed/uploadcompleted`)
  await world.pace('polls:4')
  await world.clock.advance('90m')
  await ok('GET', `${jobs}/${made}/results`)
}

export async function put(url: string, jobId: string, body: string): Promise<void> {
  const { job } = (await client(url, 'test_full')('GET', `${jobs}/${jobId}`)).body
  const headers = { 'content-disposition': 'attachment; filename="in.txt"' }
  const { status } = await fetch(job.dataSource.params.tempUrl, { method: 'PUT', body, headers })
  if (status !== 200) throw new Error(`the upload was answered ${status}`)
}

/** A world's jobs with their results, as clients see them; only links, which are signed anew each time, are left out. */
export async function jobsOf(url: string, world: string): Promise<unknown[]> {
  const call = client(url, `test_${world}`)
  const { data } = (await call('GET', `${jobs}?limit=100`)).body
  const seen: unknown[] = []
  for (const { id } of data as { id: string }[]) {
    const text = JSON.stringify((await call('GET', `${jobs}/${id}`)).body)
    const files: unknown[] = []
    for (const { name, link } of (await call('GET', `${jobs}/${id}/results`)).body.results ?? []) {
      const answer = await fetch(link)
      const headers = ['etag', 'content-type', 'content-disposition'].map((header) => answer.headers.get(header))
      const bytes = Buffer.from(await answer.arrayBuffer())
      files.push([name, answer.status, ...headers, createHash('sha256').update(bytes).digest('hex')])
    }
    const logs = (await call('POST', '/v1/customer/logs', { jobId: id })).body
    seen.push([JSON.parse(text.replace(/http[^"]*\/bytenite-uploads-prod\/[^"]*/g, 'link')), files, logs])
  }
  return seen
}

export async function everythingOf(url: string, world: string): Promise<unknown[]> {
  const call = client(url, `test_${world}`)
  const seen = await jobsOf(url, world)
  for (const path of [
    '/v1/dev/templates/own',
    '/v1/auth/user',
    '/v1/auth/secrets',
    '/v1/wallet/balance',
    '/v1/wallet/transactions',
  ]) {
    seen.push([path, (await call('GET', path)).body])
  }
  return seen
}

export interface Part {
  readonly name: string
  readonly bytes: Buffer
}

export function unpacked(archive: Uint8Array): Part[] {
  const bytes = Buffer.from(archive)
  const parts: Part[] = []
  for (let at = 0; bytes[at] !== 0;) {
    const field = (from: number, length: number) =>
      bytes.toString('latin1', at + from, at + from + length).replace(/\0.*/s, '')
    const [size, prefix] = [Number.parseInt(field(124, 11), 8), field(345, 155)]
    const name = `${prefix === '' ? '' : `${prefix}/`}${field(0, 100)}`
    parts.push({ name, bytes: bytes.subarray(at + 512, at + 512 + size) })
    at += 512 + Math.ceil(size / 512) * 512
  }
  return parts
}

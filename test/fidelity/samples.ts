// Requests that succeed, for each operation, and what has to be there before.
import { packTar } from 'modern-tar'

const test = {
  dataSource: {
    dataSourceDescriptor: 'url',
    params: { '@type': 'type.googleapis.com/bytenite.data_source.HttpDataSource', url: 'https://files.example/a.mp4' },
  },
}

const manifest = JSON.stringify({ name: 'sample', version: '1.0', platform: 'docker', entrypoint: 'main.py' })

/** A building block, as it is pushed. */
export const blockData = Buffer.from(
  await packTar([
    { header: { name: 'manifest.json', size: manifest.length }, body: manifest },
    { header: { name: 'app/main.py', size: 1 }, body: 'x' },
  ]),
).toString('base64')

export interface Prepared {
  readonly jobId: string
  readonly keyId: string
}

/** A request that succeeds, and one for something that is not there, where that can be. */
export interface Sample {
  readonly job?: 'new' | 'complete' | 'uploaded'
  readonly body?: unknown
  /** Values of path parameters beside `jobId`. */
  readonly params?: (prepared: Prepared) => Record<string, string>
  readonly missing?: { readonly body: unknown }
  /** A query that cannot be read. */
  readonly badQuery?: string
}

const badPage = 'pagination.limit=x'

export const source = { dataSource: { dataSourceDescriptor: 'bypass' } }

export const secret = { secret: { id: 'mine', secretType: 's3', accessKey: 'a' }, secretKey: 'k' }

const update = (body: unknown): Sample => ({ job: 'new', body })

const wallet = (base: string): Record<string, Sample> => ({
  [`GET ${base}/transactions`]: { badQuery: badPage },
  [`GET ${base}/exchange_rate`]: { badQuery: 'amount=x' },
  [`POST ${base}/redeem_coupon`]: { body: { couponCode: 'FREE-1' }, missing: { body: { couponCode: 'none' } } },
})

const app: Sample = { params: () => ({ appTag: 'sample' }) }

const engine: Sample = { params: () => ({ engineTag: 'sample@1' }), badQuery: 'engineId=a&engineId=b' }

/** Operations that need more than an empty body. */
export const samples: Readonly<Record<string, Sample>> = {
  'GET /v1/auth/skip': { badQuery: 'loginChallenge=a&loginChallenge=b' },
  'POST /v1/auth/api_keys/{id}/revoke': { params: ({ keyId }) => ({ id: keyId }) },
  'GET /v1/auth/secrets': { badQuery: 'secretType=a&secretType=b' },
  'POST /v1/auth/secrets': { body: secret },
  'DELETE /v1/auth/secrets/{secretType}/{id}': { params: () => ({ secretType: 's3', id: 'mine' }) },
  'POST /v1/auth/signin': { body: { email: 'a@example.com' } },
  'POST /v1/auth/authenticate': { body: { email: 'a@example.com', code: '123456' } },
  'POST /v1/auth/api_key': { body: { code: '123456' } },
  'GET /v1/customer/schema/{id}': { badQuery: 'version=a&version=b' },
  'POST /v1/wallet/cancel_top_up': { body: { id: 'none' }, missing: { body: { id: 'none' } } },
  'GET /v1/wallet/payout_history': { badQuery: 'limit=x' },
  'POST /v1/customer/jobs': {
    body: { templateId: 'emulator-instant' },
    missing: { body: { templateId: 'nobody-knows-it' } },
  },
  'GET /v1/customer/jobs': { badQuery: badPage },
  'GET /v1/customer/jobs/{jobId}': { job: 'new' },
  'GET /v1/customer/jobs/{jobId}/results': { job: 'complete' },
  'PATCH /v1/customer/jobs/{jobId}/datasource': update(source),
  'POST /v1/customer/jobs/{jobId}/datasource': update(source),
  'POST /v1/customer/jobs/datasource/{jobId}': update(source),
  'PATCH /v1/customer/jobs/{jobId}/params': update({}),
  'POST /v1/customer/jobs/params/{jobId}': update({}),
  'PATCH /v1/customer/jobs/{jobId}/jobname': update('"name"'),
  'PATCH /v1/customer/jobs/{jobId}/configs': update({}),
  'PATCH /v1/customer/jobs/{jobId}/uploadcompleted': { job: 'uploaded' },
  'POST /v1/customer/jobs/uploadcompleted/{jobId}': { job: 'uploaded' },
  'POST /v1/customer/jobs/runningTasks': { body: { jobsIds: [] } },
  'GET /v1/customer/jobs/templates': { badQuery: badPage },
  'GET /v1/customer/jobs/templates/{jobTemplateId}/presets': { params: () => ({ jobTemplateId: 'emulator-instant' }) },
  'POST /v1/customer/logs': { job: 'new', missing: { body: { jobId: 'nobody-knows-it' } } },
  'POST /v1/customer/datasource/test': { body: test },
  'POST /v1/customer/jobs/datasource/info': { body: test },
  'POST /v1/dev/apps': { body: { data: blockData } },
  'GET /v1/dev/apps': { badQuery: badPage },
  'GET /v1/dev/apps/{appTag}': app,
  'GET /v1/dev/apps/{appTag}/status': app,
  'GET /v1/dev/apps/{appTag}/download': app,
  'POST /v1/dev/apps/{appTag}/activate': app,
  'POST /v1/dev/apps/{appTag}/deactivate': app,
  'POST /v1/dev/engines': { body: { data: blockData }, badQuery: 'engineId=a&engineId=b' },
  'GET /v1/dev/engines': { badQuery: badPage },
  'GET /v1/dev/engines/{engineTag}': engine,
  'GET /v1/dev/engines/{engineTag}/status': engine,
  'GET /v1/dev/engines/{engineTag}/download': engine,
  'POST /v1/dev/engines/{engineTag}/activate': engine,
  'POST /v1/dev/engines/{engineTag}/deactivate': engine,
  'POST /v1/dev/templates': { body: { id: 'made' } },
  'GET /v1/dev/templates': { badQuery: badPage },
  'GET /v1/dev/templates/{id}': { params: () => ({ id: 'emulator-instant' }) },
  ...wallet('/v1/wallet'),
  ...wallet('/v1/customer/wallet'),
}

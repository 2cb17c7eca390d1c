import type { ErrorName } from '../base/errors.ts'
import type { ErrorGround } from '../base/error-rows.ts'
import type { successRows } from './success-rows.ts'

type SuccessGround = keyof typeof successRows

/** The evidence for the errors of an operation, by kind; the usual row comes first. */
type ErrorGrounds = Readonly<Partial<Record<ErrorName, readonly ErrorGround[]>>>

/** The answers of an operation, except those that all operations of its kind share. */
export interface Entry {
  /** By status. */
  readonly success: Readonly<Record<number, SuccessGround>>
  readonly errors: ErrorGrounds
}

const entry = (success: SuccessGround, errors: ErrorGrounds = {}): Entry => ({ success: { 200: success }, errors })

/** An operation on one job, which may be missing or belong to another account. */
const ofJob = (success: SuccessGround, errors: ErrorGrounds = {}): Entry =>
  entry(success, { notFound: ['unknown-job'], permissionDenied: ['another-account'], ...errors })

/** An operation on one template. With `--templates open` any id will do that has the form of one. */
const ofTemplate: ErrorGrounds = {
  notFound: ['unknown-template'],
  permissionDenied: ['another-account'],
  invalidArgument: ['template-form'],
}

const page: ErrorGrounds = { invalidArgument: ['bad-query', 'order-rules'] }
const filter: ErrorGrounds = { invalidArgument: ['filter-rules', 'order-rules'] }

const source: ErrorGrounds = { invalidArgument: ['source-check'], failedPrecondition: ['job-started'] }
const edit: ErrorGrounds = { failedPrecondition: ['job-started'] }
const run: ErrorGrounds = {
  failedPrecondition: [
    'runs-once',
    'nothing-to-run',
    'block-missing',
    'block-not-active',
    'secret-missing',
    'balance-too-low',
  ],
}
const upload: ErrorGrounds = { failedPrecondition: ['takes-no-file'] }

const wallet = (prefix: string, row?: 'wallet-2023'): Readonly<Record<string, Entry>> => ({
  [`GET ${prefix}/balance`]: entry(row ?? 'get-balance'),
  [`GET ${prefix}/transactions`]: entry(row ?? 'list-transactions', page),
  [`POST ${prefix}/transactions/filter`]: entry(row ?? 'filter-transactions', filter),
  [`GET ${prefix}/exchange_rate`]: entry(row ?? 'exchange-rate', {
    invalidArgument: ['bad-query', 'unknown-currency'],
  }),
  [`POST ${prefix}/redeem_coupon`]: entry(row ?? 'redeem-coupon', {
    notFound: ['unknown-coupon'],
    failedPrecondition: ['coupon-used'],
  }),
})

/** Operations whose ids are never there. */
const nothing: ErrorGrounds = { notFound: ['nothing-behind'] }

const ofBlock: ErrorGrounds = { notFound: ['unknown-block'], permissionDenied: ['another-account'] }

const blocks = (path: string, tag: string, kind: 'app' | 'engine'): Readonly<Record<string, Entry>> => {
  // What an operation on an engine does not have in its path it has in its query.
  const errors: ErrorGrounds = kind === 'engine' ? { ...ofBlock, invalidArgument: ['bad-query'] } : ofBlock
  const changes: ErrorGrounds = { ...errors, permissionDenied: ['another-account', 'private-key-needed'] }
  return {
    [`POST /v1/dev/${path}`]: entry(`push-${kind}`, {
      invalidArgument: [
        'block-form',
        'template-form',
        'source-check',
        ...(kind === 'engine' ? (['bad-query', 'bad-json'] as const) : []),
      ],
      permissionDenied: ['another-account', 'private-key-needed'],
    }),
    [`GET /v1/dev/${path}`]: entry(`list-${kind}s`, page),
    [`GET /v1/dev/${path}/{${tag}}`]: entry(`get-${kind}`, errors),
    [`GET /v1/dev/${path}/{${tag}}/status`]: entry('block-status', errors),
    [`GET /v1/dev/${path}/{${tag}}/download`]: entry('block-download', errors),
    [`POST /v1/dev/${path}/{${tag}}/activate`]: entry('activate-block', changes),
    [`POST /v1/dev/${path}/{${tag}}/deactivate`]: entry('activate-block', changes),
  }
}

const storage: ErrorGrounds = {
  permissionDenied: ['link-refused', 'foreign-page'],
  notFound: ['file-gone', 'unknown-job'],
  internal: ['server-error'],
}
const uploads: ErrorGrounds = {
  ...storage,
  invalidArgument: ['part-of-a-file', 'broken-http'],
  failedPrecondition: ['takes-no-file'],
}
const download: Entry = {
  success: { 200: 'get-result', 206: 'result-range', 304: 'result-unchanged' },
  errors: { ...storage, preconditionFailed: ['result-condition'], outOfRange: ['range-beyond-end'] },
}

/** All operations of the emulator, as the vendor's reference writes them. */
export const operations: Readonly<Record<string, Entry>> = {
  'POST /v1/auth/access_token': entry('exchange-key', { unauthenticated: ['wrong-api-key'] }),
  'POST /v1/auth/signout': entry('sign-out'),
  'GET /v1/auth/skip': entry('skip-sign-in', { invalidArgument: ['bad-query'] }),
  'GET /v1/auth/api_keys': entry('list-api-keys'),
  'POST /v1/auth/api_keys/{id}/revoke': entry('revoke-api-key', { notFound: ['unknown-api-key'] }),
  'GET /v1/auth/user': entry('get-user'),
  'PATCH /v1/auth/user': entry('change-user'),
  'POST /v1/auth/user': entry('change-user-by-post'),
  'GET /v1/auth/secrets': entry('list-secrets', { invalidArgument: ['bad-query'] }),
  'POST /v1/auth/secrets': entry('save-secret', { invalidArgument: ['secret-form'] }),
  'DELETE /v1/auth/secrets/{secretType}/{id}': entry('delete-secret', { notFound: ['unknown-secret'] }),
  'POST /v1/auth/signin': entry('sign-in'),
  'POST /v1/auth/authenticate': entry('sign-in', { invalidArgument: ['sign-in-code'] }),
  'POST /v1/auth/api_key': entry('make-api-key', { invalidArgument: ['sign-in-code'] }),
  'GET /v1/auth/connector_credentials/{connectorName}': entry('empty-shape'),
  'GET /v1/auth/info': entry('server-version'),

  'POST /v1/customer/jobs': entry('create-job', {
    ...ofTemplate,
    invalidArgument: ['job-id-form', 'template-form', 'source-check'],
    failedPrecondition: ['job-started', 'job-id-taken'],
  }),
  'GET /v1/customer/jobs': entry('list-jobs', page),
  'GET /v1/customer/jobs/{jobId}': ofJob('get-job'),
  'GET /v1/customer/jobs/{jobId}/results': ofJob('get-results', { unknown: ['results-before-completion'] }),
  'PATCH /v1/customer/jobs/{jobId}/datasource': ofJob('set-data-source', source),
  'POST /v1/customer/jobs/{jobId}/datasource': ofJob('set-data-source-guide', source),
  'POST /v1/customer/jobs/datasource/{jobId}': ofJob('set-data-source-2023', source),
  'PATCH /v1/customer/jobs/{jobId}/params': ofJob('set-params', edit),
  'POST /v1/customer/jobs/params/{jobId}': ofJob('set-params-2023', edit),
  'PATCH /v1/customer/jobs/{jobId}/jobname': ofJob('set-job-name', edit),
  'PATCH /v1/customer/jobs/{jobId}/configs': ofJob('set-config', edit),
  'PATCH /v1/customer/jobs/{jobId}/uploadcompleted': ofJob('upload-completed', upload),
  'POST /v1/customer/jobs/uploadcompleted/{jobId}': ofJob('upload-completed-2023', upload),
  'POST /v1/customer/jobs/{jobId}/run': ofJob('run-job', run),
  'POST /v1/customer/jobs/run/{jobId}': ofJob('run-job-2023', run),
  'POST /v1/customer/jobs/{jobId}/abort': ofJob('abort-job', { failedPrecondition: ['ended-already'] }),
  'DELETE /v1/customer/jobs/{jobId}': ofJob('delete-job', { failedPrecondition: ['still-running'] }),
  'POST /v1/customer/jobs/filter': entry('filter-jobs', filter),
  'POST /v1/customer/jobs/runningTasks': entry('running-tasks', { invalidArgument: ['too-many-ids'] }),
  'GET /v1/customer/jobs/estimation/{jobId}': ofJob('estimate-2023'),
  'GET /v1/customer/jobs/templates': entry('list-templates', page),
  'GET /v1/customer/jobs/templates/{jobTemplateId}/presets': entry('list-presets', ofTemplate),
  'POST /v1/customer/logs': ofJob('read-logs'),
  'GET /v1/customer/events': entry('listen-events'),
  'POST /v1/customer/datasource/test': entry('test-data-source', { invalidArgument: ['source-check'] }),
  'POST /v1/customer/jobs/datasource/info': entry('test-data-source', { invalidArgument: ['source-check'] }),
  'GET /v1/customer/schema/{id}': { success: {}, errors: { ...nothing, invalidArgument: ['bad-query'] } },
  'GET /v1/customer/stats/job_types': entry('empty-shape'),
  'GET /v1/customer/stats/detail/{id}': entry('empty-shape'),
  'GET /v1/customer/info': entry('server-version'),

  'POST /v1/dev/templates': entry('save-template', {
    invalidArgument: ['template-form', 'source-check'],
    permissionDenied: ['another-account'],
  }),
  'GET /v1/dev/templates': entry('list-dev-templates', page),
  'GET /v1/dev/templates/{id}': entry('get-dev-template', ofTemplate),
  ...blocks('apps', 'appTag', 'app'),
  ...blocks('engines', 'engineTag', 'engine'),
  'POST /v1/dev/tests': entry('empty-shape'),
  'GET /v1/dev/tests/{id}': { success: {}, errors: nothing },
  'GET /v1/dev/info': entry('server-version'),

  ...wallet('/v1/wallet'),
  'GET /v1/wallet/transactions/csv': entry('transactions-csv'),
  'GET /v1/wallet/account': entry('billing-account'),
  'POST /v1/wallet/top_up': entry('billing-account'),
  'POST /v1/wallet/cancel_top_up': { success: {}, errors: nothing },
  'GET /v1/wallet/billing_portal': entry('billing-account'),
  'GET /v1/wallet/plans': entry('empty-shape'),
  'POST /v1/wallet/payout': entry('billing-account'),
  'GET /v1/wallet/payout_history': entry('empty-shape', { invalidArgument: ['bad-query'] }),
  'GET /v1/wallet/info': entry('server-version'),
  ...wallet('/v1/customer/wallet', 'wallet-2023'),

  'PUT /bytenite-uploads-prod/*': { success: { 200: 'put-upload' }, errors: uploads },
  'GET /bytenite-uploads-prod/*': { success: {}, errors: storage },
  'HEAD /bytenite-uploads-prod/*': { success: {}, errors: storage },
  'PUT /bytenite-results-prod/*': { success: {}, errors: uploads },
  'GET /bytenite-blocks-prod/*': { success: { 200: 'get-block' }, errors: storage },
  'HEAD /bytenite-blocks-prod/*': { success: { 200: 'get-block' }, errors: storage },
  'GET /bytenite-results-prod/*': download,
  'HEAD /bytenite-results-prod/*': download,
}

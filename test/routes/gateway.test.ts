// Answers of a real grpc-gateway (2.30) in front of a service that echoes its requests, and those of the emulator.
import t from 'tap'
import { client, emulator } from '../emulator.ts'
import { ask, cases } from '../gateway/cases.ts'

/** What stays different, by the row of the fidelity table that says why. */
const kept: Readonly<Record<string, readonly string[]>> = {
  'filter-plain': [
    'client: filter: plain string value',
    'client: filter: plain number value',
    'client: filter: plain list value',
  ],
  'flat-run-config': ['run-body: flat object'],
  'late-fields': ['run-body: flat maxTaskRetries bad', 'late-fields: late field negative'],
  'known-any-types': ['conformance: required.AnyWithValueForInteger @ dataSource.params', 'any-patch: Struct'],
  'http-server': [
    'method: CONNECT /v1/customer/nope',
    'method: CONNECT *',
    'path: GET /v1/customer/jobs/é',
    'method: OPTIONS *',
  ],
  'not-authenticated': [
    'auth: none and bad query',
    'auth: none and bad JSON',
    'auth: none and bad JSON on jobname',
    'auth: none and bad field',
    'auth: authorization Bearer',
    'auth: authorization Bearer {key} x',
  ],
  // The echo takes what the service has rules about.
  'filter-rules': [
    'client: filter: condition EQ',
    'client: filter: condition 11',
    'client: filter: value without @type',
  ],
  'required-field': ['client: create: wrapped', 'whitespace: whole space', 'odd: dataSource = empty object'],
  'unknown-job': [
    'client: GET /v1/customer/jobs/filter',
    'client: GET /v1/customer/jobs/',
    'client: GET /v1/customer/jobs/undefined',
    'client: GET /v1/customer/jobs/%7BjobId%7D',
    "client: POST /v1/customer/jobs/ as curl -d ''",
  ],
  'not-complete': [
    'path: GET /v1/customer/jobs/{job}/results',
    "client: POST /v1/customer/jobs/{job}/results as curl -d ''",
    'client: POST results as requests.post(data=dict)',
  ],
  'takes-no-file': [
    'client: uploadcompleted with text',
    'client: uploadcompleted with list',
    'whitespace: uploadcompleted body nothing',
  ],
  'unknown-secret': ['path: DELETE /v1/auth/secrets/s3/'],
  'get-presets': ['path: GET /v1/customer/jobs/templates//presets'],
  'absent-operation': ['path: GET /v1/customer/schema/'],
  // The echo had fewer operations.
  'revoke-api-key': ['path: GET /v1/auth/api_keys//revoke'],
  'change-user-by-post': ['form: user a=b', 'form: user a=%zz'],
}

void t.test('the emulator answers as the gateway did', async (t) => {
  const { url, port } = await emulator(t, { templates: 'open', pace: 'manual' })
  const call = client(url)
  const rowOf = new Map(Object.entries(kept).flatMap(([row, names]) => names.map((name) => [name, row] as const)))
  const same: string[] = []
  for (const each of cases) {
    const { name, answer } = each
    const source = { dataSource: { dataSourceDescriptor: 'bypass' } }
    const { id } = (await call('POST', '/v1/customer/jobs', { templateId: 't', ...source })).body.job
    const { status, body } = await ask(port, each, id)
    const isSame = status === answer.status && (answer.code === undefined || body.code === answer.code)
    if (rowOf.has(name)) {
      // A difference that has gone has no place in the list.
      if (isSame) same.push(name)
      continue
    }
    t.strictSame({ status, code: body?.code }, { status: answer.status, code: answer.code ?? body?.code }, name)
    // The gateway says this or something else; of its answers the emulator gives the recorded kind.
    if (each.unstable === true) continue
    if (status === 200) await compareDecoded(name, answer.decoded, body)
    else if (answer.message !== undefined) compareMessage(name, answer.message, body.message)
  }
  t.strictSame(same, [])

  /** Compares what the service got with what the emulator made of it. */
  async function compareDecoded(name: string, decoded: any, body: any): Promise<void> {
    if (decoded?.secret !== undefined) {
      const { secrets } = (await call('GET', '/v1/auth/secrets')).body
      const saved = secrets.find((secret: any) => secret.id === decoded.secret.id)
      t.strictSame([saved.expiresAt, saved.accessKey], [decoded.secret.expiresAt, decoded.secret.accessKey], name)
    } else if (body?.job !== undefined) {
      for (const part of ['name', 'description', 'config', 'params', 'dataSource', 'dataDestination']) {
        // A message that was not sent leaves what the job has.
        if (decoded[part] != null) t.strictSame({ name, [part]: body.job[part] }, { name, [part]: decoded[part] })
      }
    }
  }

  /** Compares texts: the gateway's comes first. Positions in a body move with the length of the job's id. */
  function compareMessage(name: string, expected: string, actual: string): void {
    const plain = (text: string): string => text.replace(/line \d+:\d+/, 'line L:C').replace(/: "bytenite\.\S+"$/, '')
    const known = new Set(['auth: authorization (empty)', 'method: FOO *'])
    if (known.has(name) || name.startsWith('method: CONNECT')) return
    t.ok(plain(actual).startsWith(plain(expected)), `${name}: ${actual} is not ${expected}`)
  }
})

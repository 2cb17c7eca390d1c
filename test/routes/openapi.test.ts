// The OpenAPI documents, as a generator of clients and a reader of the pages need them.
import t from 'tap'
import { client, emulator } from '../emulator.ts'

const documents = [
  ...['/v1/customer', '/v1/auth', '/v1/dev', '/v1/wallet'].map((base) => ({ base, path: `${base}/docs/swagger.json` })),
  { base: '/_emulator', path: '/_emulator/openapi.json' },
]

const operationsOf = (document: any) =>
  Object.entries<Record<string, any>>(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )

/** Every object below, the object itself included. */
function* objectsIn(node: any): Generator<Record<string, any>> {
  if (typeof node !== 'object' || node === null) return
  if (!Array.isArray(node)) yield node
  for (const each of Object.values(node)) yield* objectsIn(each)
}

const mediaOf = (operation: any): any => operation.requestBody?.content['application/json']

for (const options of [{}, { era: '2023' }, { unset: 'omit' }] as const) {
  void t.test(`messages have names: ${JSON.stringify(options)}`, async (t) => {
    const { url } = await emulator(t, options)
    for (const { path } of documents) {
      const { status, body } = await client(url, null)('GET', path)
      t.equal(status, 200, path)
      const { schemas, responses } = body.components
      for (const { method, path, operation } of operationsOf(body)) {
        const name = `${method} ${path}`
        const schema = operation.responses['200'].content?.['application/json']?.schema
        if (schema?.type === 'object') t.same(schema.properties ?? {}, {}, `${name} answers a message with a name`)
        if (mediaOf(operation)?.schema.type === 'object') t.same(mediaOf(operation).schema.properties ?? {}, {}, name)
        for (const [status, response] of Object.entries<any>(operation.responses)) {
          if (status !== '200') t.match(response.$ref, /^#\/components\/responses\//, `${name} ${status}`)
        }
      }
      for (const { $ref } of objectsIn(body)) {
        if ($ref === undefined) continue
        const [kind, name] = ($ref as string).split('/').slice(-2)
        t.ok((kind === 'schemas' ? schemas : responses)[name!], $ref)
      }
      const used = new Set([...objectsIn(body)].map(({ $ref }) => $ref?.split('/').pop()))
      for (const name of Object.keys(schemas)) t.ok(used.has(name), `${name} is used`)
    }
    if ('era' in options || 'unset' in options) return
    const { components, paths } = (await client(url, null)('GET', documents[0]!.path)).body
    t.match(components.schemas, {
      Job: { type: 'object' },
      CreateJobRequest: { required: ['templateId'] },
      rpcStatus: { type: 'object' },
    })
    const { post } = paths['/jobs']
    t.strictSame(mediaOf(post).schema, { $ref: '#/components/schemas/CreateJobRequest' })
    t.strictSame(components.schemas.JobResponse.properties.job, { $ref: '#/components/schemas/Job' })
    t.strictSame(components.schemas.Job.properties.params, {
      anyOf: [{ $ref: '#/components/schemas/AppParamsView' }, { type: 'null' }],
    })
  })
}

void t.test('every operation has a description; those of the vendor name their evidence', async (t) => {
  const { url } = await emulator(t)
  for (const { base, path } of documents) {
    const { body } = await client(url, null)('GET', path)
    const evidence = /Evidence: (documented|observed|measured|inferred|chosen)\. [A-Z4`'"]/
    for (const { method, path, operation } of operationsOf(body)) {
      t.match(operation.description, base === '/_emulator' ? /^[A-Z`]/ : evidence, `${method} ${base}${path}`)
    }
  }
})

void t.test('every field of the control API has a description', async (t) => {
  const { url } = await emulator(t)
  const { body } = await client(url, null)('GET', '/_emulator/openapi.json')
  const { schemas } = body.components
  for (const { properties = {} } of objectsIn(body)) {
    for (const [name, field] of Object.entries<any>(properties)) {
      const reference = (field.$ref ?? field.anyOf?.[0].$ref)?.split('/').pop()
      // A message of its own has its fields described; a list says what it holds.
      if (reference === undefined) t.type(field.description, 'string', name)
      else t.ok(schemas[reference], reference)
    }
  }
})

void t.test('who must say who they are, and what may be absent', async (t) => {
  const { url } = await emulator(t)
  const call = client(url, null)
  for (const { base, path } of documents) {
    const { body } = await call('GET', path)
    t.match(body.info, { license: { identifier: 'MIT' }, description: 'inspector' })
    for (const other of documents.filter((each) => each.base !== base)) {
      t.match(body.info.description, `](${other.base}/docs/)`, `${path} leads to ${other.base}`)
    }
    for (const { method, path: below, operation } of operationsOf(body)) {
      const name = `${method} ${base}${below}`
      const isOpen = base === '/_emulator' || JSON.stringify(operation.security) === '[]'
      const target = `${base}${below}`.replace(/\{\w+\}/g, '7b8c0f5e-3f2a-4c1d-9a64-2f1b6f0d8c11')
      if (base !== '/_emulator') {
        t.equal((await call(method, target, mediaOf(operation) && {})).status === 401, !isOpen, `${name}: who asks`)
      }
      // Archives are no JSON.
      if (mediaOf(operation) === undefined) continue
      const { schema } = mediaOf(operation)
      const message = schema.$ref === undefined ? schema : body.components.schemas[schema.$ref.split('/').pop()]
      const isNeeded = message.type !== 'object' || message.required !== undefined
      t.equal(operation.requestBody.required === true, isNeeded, `${name}: if a body must be sent`)
    }
    const scheme = body.components.securitySchemes?.ApiKeyAuth.description
    if (base !== '/_emulator') t.match(scheme, /\/v1\/auth\/access_token.*test_default/)
  }
})

void t.test('examples of the vendor answer 200 as they stand, in the order of the document', async (t) => {
  const { url } = await emulator(t)
  for (const { base, path } of documents.slice(0, -1)) {
    const { body } = await client(url, null)('GET', path)
    for (const { method, path: below, operation } of operationsOf(body)) {
      const media = mediaOf(operation)
      // A key of one world; a top-up, of which the emulator keeps none.
      const isWithout = ['Auth_RevokeApiKey', 'Wallet_CancelTopUpRequest'].includes(operation.operationId)
      if (media === undefined || isWithout) continue
      const name = `${method} ${base}${below}`
      t.ok(media.examples, `${name} has examples`)
      const parameters = Object.fromEntries((operation.parameters ?? []).map((each: any) => [each.name, each.example]))
      for (const [title, { value }] of Object.entries<any>(media.examples)) {
        const target = below.replace(/\{(\w+)\}/g, (_, name: string) => String(parameters[name]))
        const answer = await client(url)(method, `${base}${target}`, JSON.stringify(value))
        t.equal(answer.status, 200, `${name}, ${title}: ${JSON.stringify(answer.body)}`)
      }
    }
  }
})

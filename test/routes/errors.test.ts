import t from 'tap'
import { bodyLimit } from '../../src/plugins/bodies.ts'
import { routes } from '../conformance.ts'
import { client, emulator, exchange } from '../emulator.ts'
import { escape } from '../wire/texts.ts'

const template = 'hello-world-template'
const jobs = '/v1/customer/jobs'

void t.test('method and path', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  await call('POST', jobs, { templateId: template, jobId: 'some' })

  const notFound = [404, 5, 'Not Found'] as const
  const noText = [500, 13, 'grpc: error while marshaling: string field contains invalid UTF-8'] as const
  const wrongMethod = [501, 12, 'Method Not Allowed'] as const
  const badEscape = [400, 3, /^invalid URL escape in "/] as const
  const table: readonly (readonly [string, string, number, number, string | RegExp])[] = [
    ['GET', '/', ...notFound],
    ['GET', '/nope', ...notFound],
    ['POST', '/v1', ...notFound],
    ['GET', '/v1/customer', ...notFound],
    ['GET', '/v1/customer/', ...notFound],
    ['GET', '/v1/customer/nope', ...notFound],
    ['GET', '/v1/nope/jobs', ...notFound],
    ['GET', '/V1/customer/jobs', ...notFound],
    ['GET', '//v1/customer/jobs', ...notFound],
    ['GET', '/v1/customer/jobs;x', ...notFound],
    ['GET', '/_emulator', 404, 5, '"/_emulator" does not exist; /_emulator/openapi.json describes what does'],
    ['GET', '/_emulator/worlds/w/nope?a=1', 404, 5, /^"\/_emulator\/worlds\/w\/nope" does not exist; /],
    ['GET', '/_emulatornope', ...notFound],
    ['GET', '/v1/customer/jobs/some/nope', ...notFound],
    ['GET', `${jobs}/${'a'.repeat(4097)}`, ...notFound],
    ['GET', `${jobs}/${'a'.repeat(12_000)}`, ...notFound],

    ['PUT', jobs, ...wrongMethod],
    ['PATCH', jobs, ...wrongMethod],
    ['DELETE', jobs, ...wrongMethod],
    ['OPTIONS', jobs, ...wrongMethod],
    ['PROPFIND', jobs, ...wrongMethod],
    ['PUT', `${jobs}/some`, ...wrongMethod],
    ['OPTIONS', `${jobs}/some`, ...wrongMethod],
    // A word of the API stands where an id may stand, too; the route takes it for one.
    ['DELETE', `${jobs}/templates`, 404, 5, 'job "templates" does not exist'],
    ['GET', '/v1/auth/access_token', ...wrongMethod],
    ['GET', '/v1/auth/signout', ...wrongMethod],
    ['POST', '/v1/dev/templates/some', ...wrongMethod],
    ['POST', '/_emulator/health', 501, 12, '"/_emulator/health" does not take POST, but GET'],
    ['PATCH', '/_emulator/worlds/w/faults', 501, 12, '"/_emulator/worlds/w/faults" does not take PATCH, but POST, GET'],

    // An empty last segment still is a job id.
    ['GET', `${jobs}/`, 404, 5, 'job "" does not exist'],
    ['POST', `${jobs}/`, ...wrongMethod],
    ['GET', `${jobs}/some/`, ...notFound],
    ['GET', `${jobs}/templates/`, ...notFound],

    // The new base has all but the wallet of 2023 and the documents.
    ['GET', '/v1/computing', ...notFound],
    ['GET', '/v1/computing/nope', ...notFound],
    ['GET', '/v1/Computing/jobs', ...notFound],
    ['GET', '/v1/computing/wallet/balance', ...notFound],
    ['GET', '/v1/computing/w%61llet/balance', ...notFound],
    ['GET', '/v1/computing/docs', ...notFound],
    ['GET', '/v1/computing/docs/swagger.json', ...notFound],
    ['GET', '/v1/computing/jobs/nope', 404, 5, 'job "nope" does not exist'],
    ['GET', '/v1/%63%6fmputin%67/jobs/nope', 404, 5, 'job "nope" does not exist'],
    ['GET', '/v1%2Fcomputing%2fjobs/nope', 404, 5, 'job "nope" does not exist'],
    ['GET', '/v1/computing/jobs/%', 400, 3, 'invalid URL escape in "/v1/computing/jobs/%"'],
    ['PUT', '/v1/computing/jobs', ...wrongMethod],
    ['OPTIONS', '/v1/computing/jobs', ...wrongMethod],

    // Routes are found in the decoded path.
    ['GET', `${jobs}/a%2Fb`, ...notFound],
    ['GET', `${jobs}/a%2fb`, ...notFound],
    ['GET', `${jobs}%2Fnope`, 404, 5, 'job "nope" does not exist'],
    ['GET', `${jobs}/a%20b`, 404, 5, 'job "a b" does not exist'],
    ['GET', `${jobs}/a+b`, 404, 5, 'job "a+b" does not exist'],
    ['GET', `${jobs}/a%252Fb`, 404, 5, 'job "a%2Fb" does not exist'],
    ['GET', `${jobs}/%00`, 404, 5, 'job "\\u0000" does not exist'],

    ['GET', `${jobs}/%`, ...badEscape],
    ['GET', `${jobs}/%zz`, ...badEscape],
    ['GET', `${jobs}/%ff`, ...noText],
    ['GET', `${jobs}/%c3%28`, ...noText],
    ['GET', '/v1/customer/nope/%ff', ...notFound],
    ['POST', '/%', ...badEscape],
  ]
  for (const [method, path, status, code, message] of table) {
    const answer = await call(method, path)
    const name = `${method} ${path.slice(0, 60)}`
    t.match({ name, status: answer.status, ...answer.body }, { name, status, code, message, details: [] })
    t.equal(answer.headers.get('content-type'), 'application/json')
  }

  await t.test('HEAD is no method of the API, and its answers have no body', async (t) => {
    for (const [path, status] of [
      [jobs, 501],
      [`${jobs}/some`, 501],
      ['/_emulator/health', 501],
      ['/nope', 404],
    ] as const) {
      const answer = await call('HEAD', path)
      t.strictSame([path, answer.status, answer.body], [path, status, ''])
    }
  })

  await t.test(
    'a path may be written with escapes, and a query is only looked into where there are fields for it',
    async (t) => {
      for (const path of [
        '/v1/customer/%6aobs',
        `${jobs}%2Fsome`,
        `${jobs}/%73ome`,
        `${jobs}/some?%zz=%ff`,
        `${jobs}/some?a;b`,
        `${jobs}?&&=&`,
        `${jobs}?`,
      ]) {
        t.strictSame([path, (await call('GET', path)).status], [path, 200])
      }
    },
  )

  await t.test('what is wrong with method or path is said before who calls is asked', async (t) => {
    const nobody = client(url, null)
    t.equal((await nobody('GET', '/v1/customer/nope')).status, 404)
    t.equal((await nobody('DELETE', jobs)).status, 501)
  })

  await t.test('no CORS headers', async (t) => {
    const { headers } = await call('GET', jobs, undefined, { origin: 'http://page.example' })
    t.strictSame(
      [...headers.keys()].filter((name) => name.startsWith('access-control')),
      [],
    )
  })
})

void t.test('bodies', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const job = (fields: string) => `{"templateId":"${template}",${fields}}`
  const object = 'the request body takes a JSON object'
  const field = (text: string) => new RegExp(escape(`invalid value for ${text}`))
  const unexpected = (token: string) => new RegExp(`unexpected token ${escape(token)}`)
  const table: readonly (readonly [string, string | RegExp])[] = [
    ['x', "invalid character 'x' looking for beginning of value"],
    ['/* */{}', "invalid character '/' looking for beginning of value"],
    // As Go's scanner sees them: the first byte.
    ['\ufeff{}', "invalid character 'ï' looking for beginning of value"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    ['\u00a0', "invalid character 'Â' looking for beginning of value"],
    ['\v', "invalid character '\\v' looking for beginning of value"],
    ["'", "invalid character '\\'' looking for beginning of value"],
    ['{"a":}', "invalid character '}' looking for beginning of value"],
    ['{"a":NaN}', "invalid character 'N' looking for beginning of value"],
    ['{"a":\nundefined}', "invalid character 'u' looking for beginning of value"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['{"a":[1 2]}', "invalid character '2' after array element"],
    ['{"a":01}', "invalid character '1' after object key:value pair"],
    ['{"a":-x}', "invalid character 'x' in numeric literal"],
    ['{"a":1.x}', "invalid character 'x' after decimal point in numeric literal"],
    ['{"a":1e}', "invalid character '}' in exponent of numeric literal"],
    ['{"a":"\n"}', "invalid character '\\n' in string literal"],
    ['{"a":"\\x"}', "invalid character 'x' in string escape code"],
    ['{"a":"\\u12x4"}', "invalid character 'x' in \\u hexadecimal character escape"],
    ['{"a":trux}', "invalid character 'x' in literal true (expecting 'e')"],

    ['{', 'unexpected EOF'],
    ['{"a"', 'unexpected EOF'],
    ['{"a":', 'unexpected EOF'],
    ['{"a":"', 'unexpected EOF'],
    ['{"a":"\\', 'unexpected EOF'],
    ['{"a":"\\u12', 'unexpected EOF'],
    ['{"a":[1,', 'unexpected EOF'],
    ['tru', 'unexpected EOF'],
    ['-', 'unexpected EOF'],

    ['[]', `proto: syntax error (line 1:1): unexpected token [; ${object}`],
    ['[{"templateId":"x"}]', unexpected('[')],
    ['"text"', `proto: syntax error (line 1:1): unexpected token "text"; ${object}`],
    [' 7', `proto: syntax error (line 1:1): unexpected token 7; ${object}`],
    ['true', unexpected('true')],
    ['null', unexpected('null')],
    [' ', 'templateId is required'],
    ['\n', 'templateId is required'],
    ['{}', 'templateId is required'],
    ['{}{"templateId":"x"}', 'templateId is required'],
    ['{} x', 'templateId is required'],
    ['', 'templateId is required'],
    ['{"templateId":""}', 'templateId is required'],
    ['{"templateId":null}', 'templateId is required'],
    ['{"name":"x"}', 'templateId is required'],
    ['{"name":7}', field('string field name: 7')],

    [
      '{"templateId":1}',
      'proto: (line 1:15): invalid value for string field templateId: 1; templateId takes a JSON string',
    ],
    ['{"templateId":{}}', field('string field templateId: {')],
    ['{"templateId":["a"]}', field('string field templateId: [')],
    ['{\n "é":1,"templateId":1}', /^proto: \(line 2:21\): /],
    [job('"name":7'), field('string field name: 7')],
    [job('"name":true'), field('string field name: true')],
    [job('"jobId":7'), field('string field jobId: 7')],
    [job('"job_id":7'), field('string field jobId: 7')],
    [job('"config":"x"'), unexpected('"x"; config takes a JSON object')],
    [job('"config":[]'), unexpected('[')],
    [job('"config":{"taskTimeout":"x"}'), field('uint32 field taskTimeout: "x"; config.taskTimeout takes')],
    [job('"config":{"task_timeout":1.5}'), field('uint32 field taskTimeout: 1.5')],
    [job('"config":{"jobTimeout":-1}'), field('uint32 field jobTimeout: -1')],
    [job('"config":{"jobTimeout":4294967296}'), field('uint32 field jobTimeout: 4294967296')],
    [job('"config":{"jobTimeout":1e999}'), field('uint32 field jobTimeout: 1e999')],
    [job('"config":{"jobTimeout":0.9999999999999999999}'), field('uint32 field jobTimeout')],
    [job('"config":{"jobTimeout":1e-400}'), field('uint32 field jobTimeout: 1e-400')],
    [job('"config":{"jobTimeout":true}'), field('uint32 field jobTimeout: true')],
    [job('"config":{"jobTimeout":""}'), field('uint32 field jobTimeout: ""')],
    [job('"config":{"jobTimeout":" 1"}'), field('uint32 field jobTimeout: " 1"')],
    [job('"config":{"isTestJob":"true"}'), field('bool field isTestJob: "true"')],
    [job('"config":{"isTestJob":1}'), field('bool field isTestJob: 1')],
    [job('"params":[]'), unexpected('[; params takes')],
    [job('"params":{"app":"x"}'), unexpected('"x"; params.app takes')],
    [job('"params":{"app":[]}'), unexpected('[')],
    [job('"params":{"partitioner":1}'), unexpected('1')],
    [job('"params":{"preset":1}'), field('string field preset: 1')],
    [job('"params":{"app":{"seed":1e999}}'), /invalid google\.protobuf\.Value: 1e999/],
    [job('"dataSource":"file"'), unexpected('"file"')],
    [job('"dataSource":{}'), /dataSource\.dataSourceDescriptor is required/],
    [job('"dataSource":{"dataSourceDescriptor":1}'), field('string field dataSourceDescriptor: 1')],

    [job('"templateId":"y"'), /^proto: \(line 1:\d+\): duplicate field "templateId"$/],
    [job('"template_id":"y"'), /duplicate field "template_id"/],
    [job('"name":"a","name":"a"'), /duplicate field "name"/],
    [job('"name":"a","name":null'), /duplicate field "name"/],
    [job('"name":"a","n\\u0061me":"b"'), /duplicate field "n\\u0061me"/],
    [job('"config":{"taskTimeout":1,"task_timeout":2}'), /duplicate field "task_timeout"/],
    [job('"params":{"app":{"a":{"b":1,"b":2}}}'), /duplicate map key "b"/],
    [job('"params":{"app":{"a":[{"b":1},{"c":{},"c":{}}]}}'), /duplicate map key "c"/],
    [job('"params":{"app":{"__proto__":1,"__proto__":2}}'), /duplicate map key "__proto__"/],
  ]
  for (const [body, message] of table) {
    const { status, body: answer } = await call('POST', jobs, body)
    const name = body.slice(0, 80)
    t.match({ name, status, ...answer }, { name, status: 400, code: 3, message })
  }
  t.equal((await call('GET', jobs)).body.pagination.total, 0, 'and none of them made a job')

  await t.test('bad JSON leaves the connection open, and successes look like those of a gateway', async (t) => {
    const bad = await call('POST', jobs, '{')
    t.equal(bad.headers.get('connection'), 'keep-alive')
    t.equal(bad.headers.get('grpc-metadata-content-type'), null)
    const good = await call('GET', jobs)
    t.equal(good.headers.get('grpc-metadata-content-type'), 'application/grpc')
  })

  await t.test('a long value is cut in the message', async (t) => {
    const { body } = await call('POST', jobs, job(`"config":{"taskTimeout":"${'y'.repeat(100_000)}"}`))
    t.match(body, { code: 3, message: /field taskTimeout: "yyy/ })
    t.ok(body.message.length < 300)
  })

  await t.test('keys that only look the same are no duplicates', async (t) => {
    const fields =
      '"params":{"app":{"a":{"x":1},"b":{"x":1},"\\"x\\":":"\\"x\\":","x":[{"x":1},{"x":"x"}]},"assembler":{"x":1}}'
    t.equal((await call('POST', jobs, job(fields))).status, 200)
  })

  await t.test('a body on GET, and the content of signout, are ignored', async (t) => {
    const { port } = await emulator(t)
    const answer = await exchange(
      port,
      `GET ${jobs} HTTP/1.1\r\nHost: x\r\nAuthorization: test_default\r\nConnection: close\r\nContent-Length: 1\r\n\r\n{`,
    )
    t.match(answer, /^HTTP\/1\.1 200 OK/)
    t.equal((await call('POST', '/v1/auth/signout', { anything: 1 })).status, 200)
    t.equal((await call('POST', '/v1/auth/signout')).status, 200)
  })
})

void t.test('size of bodies', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const sized = (bytes: number) => {
    const [head, tail] = [`{"templateId":"${template}","name":"`, '"}']
    return `${head}${'x'.repeat(bytes - head.length - tail.length)}${tail}`
  }
  const largest = await call('POST', jobs, sized(bodyLimit))
  t.equal(largest.status, 200)
  for (const bytes of [bodyLimit + 1, 10_000_000]) {
    const { status, body } = await call('POST', jobs, sized(bytes))
    t.match(
      { bytes, status, ...body },
      {
        bytes,
        status: 429,
        code: 8,
        message: `grpc: received message larger than max (${bytes} vs. ${bodyLimit})`,
      },
    )
  }
  // Where no message is made of it, nothing is too large.
  const other = client(url, 'test_other')
  const { id } = (await other('POST', jobs, { templateId: template })).body.job
  for (const [method, path, status] of [
    ['PUT', '/v1/customer/nope', 404],
    ['POST', `${jobs}/${id}/upload`, 404],
    ['PUT', jobs, 501],
    ['POST', `${jobs}/${id}/abort`, 200],
    ['DELETE', `${jobs}/${id}`, 404],
  ] as const) {
    t.equal((await other(method, path, sized(5_000_000))).status, status, `${method} ${path}`)
  }
  // Without a length, the emulator learns only while it reads.
  const chunks = new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(sized(10_000_000)))
      controller.close()
    },
  })
  const init = { method: 'POST', headers: { authorization: 'test_default' }, body: chunks, duplex: 'half' } as const
  const chunked = await fetch(url + jobs, init)
  t.match({ status: chunked.status, body: await chunked.json() }, { status: 429, body: { code: 8 } })
  t.equal((await call('GET', jobs)).body.pagination.total, 1)
})

void t.test('a failure inside is 500 with code 13, and says nothing of the inside', async (t) => {
  const secret = 'SELECT secret FROM jobs; at /home/somebody/src/jobs.ts:12'
  let broken = true
  const ids = {
    uuid() {
      if (broken) throw new Error(secret)
      return 'c0ffee00-1b1e-4c53-9a59-2a3c0f1d7e22'
    },
  }
  const lines: string[] = []
  const logger = { level: 'error', stream: { write: (line: string) => void lines.push(line) } } as const
  const { url } = await emulator(t, { ids, logger })
  const call = client(url)
  for (const [path, body] of [
    [jobs, { templateId: template }],
    ['/v1/auth/access_token', { apiKey: 'test_default' }],
  ] as const) {
    const answer = await call('POST', path, body)
    t.equal(answer.status, 500)
    t.strictSame(answer.body, { code: 13, message: 'internal error; the log of the emulator says more', details: [] })
  }
  t.equal(lines.filter((line) => line.includes(secret)).length, 2, 'the log says it')
  t.equal((await call('GET', jobs)).body.pagination.total, 0)
  broken = false
  t.equal((await call('POST', jobs, { templateId: template })).status, 200, 'and the next request is fine')
})

void t.test('the newer base has every operation of the older one', async (t) => {
  const { url } = await emulator(t)
  const ours = routes.filter(({ url }) => /^\/v1\/customer\/(?!docs|wallet)/.test(url))
  t.ok(ours.length >= 30)
  for (const { method, url: path } of ours) {
    const [older, newer] = await Promise.all(
      [path, path.replace('customer', 'computing')].map(async (asked) => {
        const answer = await fetch(url + asked.replace(/:\w+/g, 'some'), { method })
        return [answer.status, await answer.text(), answer.headers.get('x-emulator-ground')]
      }),
    )
    t.strictSame(newer, older, `${method} ${path}`)
    t.equal(newer?.[0], 401, `${method} ${path} is known, and asks who calls`)
  }
})

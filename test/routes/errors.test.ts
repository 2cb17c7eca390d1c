import t from 'tap'
import { bodyLimit } from '../../src/plugins/errors.ts'
import { client, emulator, exchange } from '../emulator.ts'

const template = 'hello-world-template'
const jobs = '/v1/customer/jobs'

void t.test('method and path', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  await call('POST', jobs, { templateId: template, jobId: 'some' })

  const notFound = [404, 5, 'Not Found'] as const
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
    ['GET', `${jobs}/%ff`, ...badEscape],
    ['GET', `${jobs}/%c3%28`, ...badEscape],
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

  await t.test('a path may be written with escapes, and a broken query is not looked into', async (t) => {
    for (const path of [
      '/v1/customer/%6aobs',
      `${jobs}%2Fsome`,
      `${jobs}/%73ome`,
      `${jobs}/some?%zz=%ff`,
      `${jobs}?&&=&%=1`,
      `${jobs}?`,
    ]) {
      t.strictSame([path, (await call('GET', path)).status], [path, 200])
    }
  })

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
  const notAnObject = /request body: .*expected a JSON object/
  const table: readonly (readonly [string, string | RegExp])[] = [
    ['x', "invalid character 'x' looking for beginning of value"],
    ['/* */{}', "invalid character '/' looking for beginning of value"],
    ['\ufeff{}', "invalid character '\\ufeff' looking for beginning of value"],
    ['é', "invalid character 'é' looking for beginning of value"],
    ["'", "invalid character '\\'' looking for beginning of value"],
    ['{"a":}', "invalid character '}' looking for beginning of value"],
    ['{"a":NaN}', "invalid character 'N' looking for beginning of value"],
    ['{"a":\nundefined}', "invalid character 'u' looking for beginning of value"],
    ['{"a":1,}', "invalid character '}' at position 7"],
    ["{'a':1}", "invalid character '\\'' at position 1"],
    ['{"a" 1}', "invalid character '1' at position 5"],
    ['{"a":1 "b":2}', `invalid character '"' at position 7`],
    ['{"a":01}', "invalid character '1' at position 6"],
    ['{"a":"\n"}', "invalid character '\\n' at position 6"],
    ['{"a":"\\x"}', "invalid character 'x' at position 7"],
    ['{}{}', "invalid character '{' at position 2"],
    ['{} x', "invalid character 'x' at position 3"],

    ['{', 'unexpected EOF'],
    ['{"a"', 'unexpected EOF'],
    ['{"a":', 'unexpected EOF'],
    ['{"a":"', 'unexpected EOF'],
    ['{"a":"\\', 'unexpected EOF'],
    ['{"a":"\\u12', 'unexpected EOF'],
    ['{"a":[1,', 'unexpected EOF'],
    ['tru', 'unexpected EOF'],
    ['-', 'unexpected EOF'],
    [' ', 'unexpected EOF'],
    ['\n', 'unexpected EOF'],

    ['[]', notAnObject],
    ['[{"templateId":"x"}]', notAnObject],
    ['"text"', notAnObject],
    ['7', notAnObject],
    ['true', notAnObject],
    ['null', 'templateId is required'],
    ['{}', 'templateId is required'],
    ['', 'templateId is required'],
    ['{"templateId":""}', 'templateId is required'],
    ['{"templateId":null}', 'templateId is required'],
    ['{"name":"x"}', 'templateId is required'],

    ['{"templateId":1}', /string field templateId: 1;/],
    ['{"templateId":{}}', /field templateId: \{\};/],
    ['{"templateId":["a"]}', /field templateId: \["a"\];/],
    [job('"name":7'), /string field name: 7; expected a JSON string/],
    [job('"name":true'), /field name: true/],
    [job('"jobId":7'), /field jobId: 7/],
    [job('"job_id":7'), /field jobId: 7/],
    [job('"config":"x"'), /field config: "x"/],
    [job('"config":[]'), /field config: \[\]/],
    [job('"config":{"taskTimeout":"x"}'), /uint32 field config\.taskTimeout: "x"/],
    [job('"config":{"task_timeout":1.5}'), /field config\.taskTimeout: 1\.5/],
    [job('"config":{"jobTimeout":-1}'), /field config\.jobTimeout: -1/],
    [job('"config":{"jobTimeout":4294967296}'), /field config\.jobTimeout: 4294967296/],
    [job('"config":{"jobTimeout":1e999}'), /field config\.jobTimeout/],
    [job('"config":{"jobTimeout":true}'), /field config\.jobTimeout: true/],
    [job('"config":{"jobTimeout":""}'), /field config\.jobTimeout: ""/],
    [job('"config":{"jobTimeout":" 1"}'), /field config\.jobTimeout: " 1"/],
    [job('"config":{"isTestJob":"true"}'), /bool field config\.isTestJob: "true"/],
    [job('"config":{"isTestJob":1}'), /field config\.isTestJob: 1/],
    [job('"params":[]'), /field params: \[\]/],
    [job('"params":{"app":"x"}'), /Struct field params\.app: "x"/],
    [job('"params":{"app":[]}'), /field params\.app: \[\]/],
    [job('"params":{"partitioner":1}'), /field params\.partitioner: 1/],
    [job('"params":{"preset":1}'), /field params\.preset: 1/],
    [job('"dataSource":"file"'), /field dataSource: "file"/],
    [job('"dataSource":{}'), /dataSource\.dataSourceDescriptor is required/],
    [job('"dataSource":{"dataSourceDescriptor":1}'), /field dataSource\.dataSourceDescriptor: 1/],

    [job('"templateId":"y"'), 'proto: duplicate field "templateId"'],
    [job('"template_id":"y"'), 'proto: duplicate field "template_id"'],
    [job('"name":"a","name":"a"'), 'proto: duplicate field "name"'],
    [job('"name":"a","n\\u0061me":"b"'), 'proto: duplicate field "name"'],
    [job('"config":{"taskTimeout":1,"task_timeout":2}'), 'proto: duplicate field "config.task_timeout"'],
    [job('"params":{"app":{"a":{"b":1,"b":2}}}'), 'proto: duplicate field "b"'],
    [job('"params":{"app":{"a":[{"b":1},{"c":{},"c":{}}]}}'), 'proto: duplicate field "c"'],
    [job('"params":{"app":{"__proto__":1,"__proto__":2}}'), 'proto: duplicate field "__proto__"'],
    [job('"unknown":1,"unknown":2'), 'proto: duplicate field "unknown"'],
  ]
  for (const [body, message] of table) {
    const { status, body: answer } = await call('POST', jobs, body)
    const name = body.slice(0, 80)
    t.match({ name, status, ...answer }, { name, status: 400, code: 3, message })
  }
  t.equal((await call('GET', jobs)).body.pagination.total, 0, 'and none of them made a job')

  await t.test('a long value is cut in the message', async (t) => {
    const { body } = await call('POST', jobs, job(`"config":{"taskTimeout":"${'y'.repeat(100_000)}"}`))
    t.match(body, { code: 3, message: /config\.taskTimeout: "yyy/ })
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
    t.match({ bytes, status, ...body }, { bytes, status: 413, code: 8, message: `larger than ${bodyLimit} bytes` })
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
  t.match({ status: chunked.status, body: await chunked.json() }, { status: 413, body: { code: 8 } })
  t.equal((await call('GET', jobs)).body.pagination.total, 1)
})

void t.test('what is no HTTP', async (t) => {
  const { url, port } = await emulator(t)
  const head = 'Host: x\r\nAuthorization: test_default\r\nConnection: close\r\n'
  const broken = ['400 Bad Request', 'malformed HTTP request'] as const
  const table: readonly (readonly [string, string, string | undefined])[] = [
    ['GARBAGE\r\n\r\n', ...broken],
    ['\u0000\u0001\u0002\r\n\r\n', ...broken],
    ['GET / HTTP/9.9\r\n\r\n', ...broken],
    [`BREW ${jobs} HTTP/1.1\r\n${head}\r\n`, ...broken],
    [`GET ${jobs}é HTTP/1.1\r\n${head}\r\n`, ...broken],
    [`POST ${jobs} HTTP/1.1\r\n${head}Content-Length: x\r\n\r\n`, ...broken],
    [`POST ${jobs} HTTP/1.1\r\n${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`, ...broken],
    [`POST ${jobs} HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, ...broken],
    [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${head}\r\n`, '431 Request Header Fields Too Large', 'too large'],
    [`GET / HTTP/1.1\r\n${head}X: ${'a'.repeat(20_000)}\r\n\r\n`, '431 Request Header Fields Too Large', 'too large'],
    [`GET ${jobs} HTTP/1.1\r\n\r\n`, '400 Bad Request', 'expected one header Host, found none'],
    [`GET ${jobs} HTTP/1.0\r\n${head}\r\n`, '200 OK', undefined],
    [`GET http://api.bytenite.com${jobs} HTTP/1.1\r\n${head}\r\n`, '200 OK', undefined],
    [`GET ${jobs} HTTP/1.1\r\n${head}Upgrade: websocket\r\n\r\n`, '200 OK', undefined],
    [`TRACE ${jobs} HTTP/1.1\r\n${head}\r\n`, '501 Not Implemented', 'Method Not Allowed'],
    [`OPTIONS * HTTP/1.1\r\n${head}\r\n`, '404 Not Found', 'Not Found'],
    [`GET ${jobs}/%zz HTTP/1.1\r\n${head}\r\n`, '400 Bad Request', 'invalid URL escape'],
  ]
  for (const [bytes, status, message] of table) {
    const name = bytes.slice(0, 60)
    const answer = await exchange(port, bytes)
    t.match({ name, answer }, { name, answer: `HTTP/1.1 ${status}\r\n` })
    if (message === undefined) continue
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))
    t.match({ name, ...body }, { name, code: Number, message, details: [] })
    t.match(answer, /content-type: application\/json/i)
  }
  // Half a request, and then nothing more.
  t.equal((await client(url)('GET', jobs)).status, 200, 'and the emulator lives')
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

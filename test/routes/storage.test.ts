import { fork } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { uploadName, resultNameProblem } from '../../src/domain/results/file-names.ts'
import { parseRange } from '../../src/domain/results/ranges.ts'
import { client, emulator } from '../emulator.ts'
import { jobs, bypass, waitingJob, put, advance, finish, completed, bytesOf, filesBelow, until } from './files.ts'

void t.test('a file goes from the upload to the results', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const { id, tempUrl } = await waitingJob(call, { params: { app: { case: 'upper' } } })

  const early = await call('PATCH', `${jobs}/${id}/uploadcompleted`)
  t.match(early, { status: 400, body: { code: 9, message: /no uploaded file/ } })
  t.match(await call('GET', `${jobs}/${id}/results`), {
    status: 500,
    body: { code: 2, message: 'job has not yet been completed', details: [] },
  })

  const answer = await put(tempUrl, 'grüße, world', { 'content-disposition': 'attachment; filename="in.txt"' })
  t.equal(answer.status, 200)
  t.equal(await answer.text(), '')
  t.equal((await call('PATCH', `${jobs}/${id}/uploadcompleted`)).status, 200)
  await finish(call, id)

  const { body } = await call('GET', `${jobs}/${id}/results`)
  t.match(body.results, [{ name: 'hello_world_processed.txt' }])
  t.equal(body.results.length, 1)
  const { link } = body.results[0]
  t.match(
    link,
    new RegExp(
      `^${url}/bytenite-results-prod/${id}/hello_world_processed.txt\\?X-Goog-Algorithm=GOOG4-RSA-SHA256` +
        '&X-Goog-Credential=[^&]+%2Fauto%2Fstorage%2Fgoog4_request&X-Goog-Date=\\d{8}T\\d{6}Z&X-Goog-Expires=14399' +
        '&X-Goog-SignedHeaders=host&X-Goog-Signature=[0-9a-f]{512}$',
    ),
  )
  const download = await fetch(link)
  t.equal(download.status, 200)
  t.equal(download.headers.get('content-type'), 'text/plain; charset=utf-8')
  t.match(download.headers.get('content-disposition'), /^attachment; filename="?hello_world_processed.txt"?$/)
  t.equal(await download.text(), 'GRÜSSE, WORLD')

  await advance(call, '1m')
  t.not((await call('GET', `${jobs}/${id}/results`)).body.results[0].link, link, 'links are signed anew at each read')
})

void t.test('uploads of other shapes', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)

  async function echoed(headers: Record<string, string>, body: string | Uint8Array = 'x') {
    const { id, tempUrl } = await waitingJob(call, {
      templateId: 'opencv-container@v0.1',
      dataSource: { dataSourceDescriptor: 'file' },
    })
    t.equal((await put(tempUrl, body, headers)).status, 200)
    await call('PATCH', `${jobs}/${id}/uploadcompleted`)
    await finish(call, id)
    const { body: answer } = await call('GET', `${jobs}/${id}/results`)
    return (await bytesOf(answer.results[0].link)).toString()
  }

  t.match(await echoed({}), 'Input: data.bin, 1 bytes')
  t.match(await echoed({}, ''), 'Input: data.bin, 0 bytes', 'an empty file is a file')
  t.match(await echoed({ 'content-type': 'application/json' }, '{ no JSON'), '9 bytes', 'bodies are not looked at')
  t.match(await echoed({ 'content-type': 'multipart/form-data; boundary=x' }, 'abc'), '3 bytes')
  t.match(await echoed({ 'content-disposition': 'attachment; filename="../../etc/passwd"' }), 'Input: passwd, 1 bytes')
  t.match(
    await echoed({}, new Uint8Array(5 * 1024 * 1024)),
    '5242880 bytes',
    'the limit of request bodies does not count',
  )

  await t.test('chunked', async (t) => {
    const { id, tempUrl } = await waitingJob(call)
    const sent = request(tempUrl, { method: 'PUT' })
    const answered = once(sent, 'response') as Promise<[{ statusCode: number; resume(): void }]>
    await pipeline(Readable.from([Buffer.from('one '), Buffer.from('two')]), sent)
    const [{ statusCode }] = await answered
    t.equal(statusCode, 200)
    await call('PATCH', `${jobs}/${id}/uploadcompleted`)
    await finish(call, id)
    const { body } = await call('GET', `${jobs}/${id}/results`)
    t.equal((await bytesOf(body.results[0].link)).toString(), 'one two')
  })

  await t.test('the last upload counts, and has to be completed anew', async (t) => {
    const { id, tempUrl } = await waitingJob(call, { params: { app: { case: 'title' } } })
    await put(tempUrl, 'first')
    await call('PATCH', `${jobs}/${id}/uploadcompleted`)
    await put(tempUrl, 'the second one')
    t.match(await call('POST', `${jobs}/${id}/run`), { status: 400, body: { code: 9 } })
    await call('PATCH', `${jobs}/${id}/uploadcompleted`)
    await finish(call, id)
    const { body } = await call('GET', `${jobs}/${id}/results`)
    t.equal((await bytesOf(body.results[0].link)).toString(), 'The Second One')
  })
})

void t.test('what is refused', async (t) => {
  const { url } = await emulator(t)
  const call = client(url)
  const { id, tempUrl } = await waitingJob(call)
  const refused = async (t: Test, link: string, message: RegExp, method = 'PUT') => {
    const answer = await fetch(link, { method, ...(method === 'PUT' ? { body: 'x' } : {}) })
    t.equal(answer.status, 403)
    t.equal(answer.headers.get('content-type'), 'application/json')
    t.match(await answer.json(), { code: 7, message, details: [] })
  }

  await t.test('altered links', async (t) => {
    const other = await waitingJob(call)
    const wrong = /signature of this link is missing or wrong/
    await refused(t, tempUrl.split('?')[0]!, wrong)
    await refused(t, tempUrl.replace(id, other.id), wrong)
    await refused(t, tempUrl.replace('data.bin', 'other.bin'), wrong)
    await refused(t, tempUrl.replace('Expires=14399', 'Expires=99999'), wrong)
    await refused(t, tempUrl.replace('default%40', 'other%40'), wrong)
    await refused(t, tempUrl.slice(0, -1), wrong)
    await refused(t, `${tempUrl}&more=1`, wrong)
    await refused(t, tempUrl.replace('uploads', 'results'), wrong)
    await refused(t, tempUrl.replace('uploads', 'results'), wrong, 'GET')
    await refused(t, tempUrl, /not for GET/, 'GET')
    t.equal((await fetch(tempUrl, { method: 'HEAD' })).status, 403)
  })

  await t.test('before the body has been read', async (t) => {
    const sent = request(tempUrl.slice(0, -1), { method: 'PUT' })
    const answered = once(sent, 'response') as Promise<[{ statusCode: number }]>
    sent.write('there is more to come')
    t.equal((await answered)[0].statusCode, 403)
    sent.destroy()
  })

  await t.test('a link whose query was put into another order is fine', async (t) => {
    const [path, query] = tempUrl.split('?')
    t.equal((await put(`${path}?${query!.split('&').reverse().join('&')}`, 'x')).status, 200)
  })

  await t.test('a part of a file', async (t) => {
    const answer = await put(tempUrl, 'x', { 'content-range': 'bytes 0-0/2' })
    t.match([answer.status, await answer.json()], [400, { code: 3, message: /whole file/ }])
  })

  await t.test('jobs that take no file', async (t) => {
    const changed = await waitingJob(call)
    await call('PATCH', `${jobs}/${changed.id}/datasource`, { dataSource: bypass })
    const answer = await put(changed.tempUrl, 'x')
    t.match([answer.status, await answer.json()], [400, { code: 9, message: /reads no uploaded file.*"bypass"/ }])

    const deleted = await waitingJob(call)
    await call('DELETE', `${jobs}/${deleted.id}`)
    const gone = await put(deleted.tempUrl, 'x')
    t.match([gone.status, await gone.json()], [404, { code: 5 }])

    await call('PATCH', `${jobs}/${id}/uploadcompleted`)
    await call('POST', `${jobs}/${id}/run`)
    const late = await put(tempUrl, 'x')
    t.match([late.status, await late.json()], [400, { code: 9, message: /not been started/ }])
  })

  await t.test('links expire on the clock of their world', async (t) => {
    const { results } = await completed(call, { templateId: 'hello-world-template' })
    const { tempUrl } = await waitingJob(call)
    await advance(call, '14000s', 'elsewhere')
    t.equal((await put(tempUrl, 'x')).status, 200, 'the clock of another world does not count')
    await advance(call, '5h')
    await refused(t, tempUrl, /expired/)
    await refused(t, results[0]!.link, /expired/, 'GET')
  })

  await t.test('a link of a time before a reset', async (t) => {
    const { tempUrl } = await waitingJob(call)
    await call('POST', '/_emulator/worlds/default/reset')
    await refused(t, tempUrl, /ask for a new one/)
  })
})

void t.test('an upload cut in the middle leaves nothing', async (t) => {
  const data = t.testdir()
  const { url, port } = await emulator(t, { data })
  const call = client(url)
  const incoming = join(data, 'files', 'incoming')

  for (const [name, head, body] of [
    ['with a length', 'Content-Length: 100000', 'some of it'],
    ['chunked', 'Transfer-Encoding: chunked', 'a\r\nsome of it\r\n'],
  ] as const) {
    await t.test(name, async (t) => {
      const { id, tempUrl } = await waitingJob(call)
      const socket = connect(port, '127.0.0.1')
      socket.write(`PUT ${tempUrl.slice(url.length)} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n${body}`)
      await until(() => filesBelow(incoming).length === 1)
      socket.destroy()
      await until(() => filesBelow(incoming).length === 0)
      t.same(filesBelow(join(data, 'files')), [])
      t.match(await call('PATCH', `${jobs}/${id}/uploadcompleted`), { status: 400, body: { code: 9 } })
    })
  }

  await t.test('and does not touch the file that was there', async (t) => {
    const { id, tempUrl } = await waitingJob(call)
    await put(tempUrl, 'whole')
    const socket = connect(port, '127.0.0.1')
    socket.write(`PUT ${tempUrl.slice(url.length)} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\npart`)
    await until(() => filesBelow(incoming).length === 1)
    socket.destroy()
    await until(() => filesBelow(incoming).length === 0)
    await call('PATCH', `${jobs}/${id}/uploadcompleted`)
    await finish(call, id)
    const { body } = await call('GET', `${jobs}/${id}/results`)
    t.equal((await bytesOf(body.results[0].link)).toString(), 'whole')
  })

  await t.test('a job that is deleted while its file arrives', async (t) => {
    const { id, tempUrl } = await waitingJob(call)
    const before = filesBelow(join(data, 'files')).length
    const sent = request(tempUrl, { method: 'PUT' })
    sent.write('some')
    await until(() => filesBelow(incoming).length === 1)
    t.equal((await call('DELETE', `${jobs}/${id}`)).status, 200)
    const answered = once(sent, 'response') as Promise<[{ statusCode: number }]>
    sent.end('more')
    t.equal((await answered)[0].statusCode, 404)
    t.equal(filesBelow(join(data, 'files')).length, before)
  })
})

void t.test('a large upload does not grow memory', async (t) => {
  const size = 300 * 1024 * 1024
  const server = fork(new URL('storage-server.ts', import.meta.url))
  t.teardown(async () => {
    const ended = once(server, 'exit')
    server.disconnect()
    await ended
  })
  const [url] = (await once(server, 'message')) as [string]
  const most = async () => {
    server.send('most')
    return ((await once(server, 'message')) as [number])[0]
  }
  const call = client(url)

  async function upload(bytes: number): Promise<string> {
    const { id, tempUrl } = await waitingJob(call, { templateId: 'opencv-container@v0.1' })
    const piece = Buffer.alloc(1024 * 1024, 'x')
    const sent = request(tempUrl, { method: 'PUT', headers: { 'content-length': bytes } })
    const answered = once(sent, 'response') as Promise<[{ statusCode: number }]>
    await pipeline(Readable.from(Array.from({ length: bytes / piece.length }, () => piece)), sent)
    t.equal((await answered)[0].statusCode, 200)
    return id
  }

  await upload(32 * 1024 * 1024)
  await most()
  const before = await most()
  const id = await upload(size)
  const growth = (await most()) - before
  t.ok(growth < 96 * 1024 * 1024, `grew by ${Math.round(growth / 1024 / 1024)} MiB`)
  await call('PATCH', `${jobs}/${id}/uploadcompleted`)
  await finish(call, id)
  const { body } = await call('GET', `${jobs}/${id}/results`)
  t.match((await bytesOf(body.results[0].link)).toString(), `notes.txt, ${size} bytes`)
})

void t.test('downloads: ranges, conditions, HEAD', async (t) => {
  const { url } = await emulator(t, {
    seed: {
      templates: [
        {
          id: 'digits',
          results: [
            { name: 'out/digits.csv', text: '0123456789' },
            { name: 'none', text: '' },
          ],
        },
      ],
    },
  })
  const call = client(url)
  const { id, results } = await completed(call, { templateId: 'digits' })
  t.same(
    results.map(({ name }) => name),
    ['out/digits.csv', 'none'],
  )
  const [link, none] = results.map((result) => result.link) as [string, string]
  t.match(link, `/bytenite-results-prod/${id}/out/digits.csv?`)

  const whole = await fetch(link)
  const etag = whole.headers.get('etag')!
  t.match(Object.fromEntries(whole.headers), {
    'content-length': '10',
    'content-type': 'text/csv; charset=utf-8',
    'accept-ranges': 'bytes',
    'content-disposition': /digits.csv/,
    etag: /^"[0-9a-f]{32}"$/,
  })
  const { body } = await call('GET', `${jobs}/${id}`)
  t.equal(Date.parse(whole.headers.get('last-modified')!), Math.floor(Date.parse(body.job.endedAt) / 1000) * 1000)
  t.equal(await whole.text(), '0123456789')

  for (const [range, status, text, contentRange] of [
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-3', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=0-1,4-5', 200, '0123456789', null],
    ['bytes=5-2', 200, '0123456789', null],
    ['lines=1-2', 200, '0123456789', null],
  ] as const) {
    const part = await fetch(link, { headers: { range } })
    t.same([part.status, await part.text(), part.headers.get('content-range')], [status, text, contentRange], range)
    t.equal(part.headers.get('content-length'), String(text.length), range)
  }
  const beyond = await fetch(link, { headers: { range: 'bytes=10-' } })
  t.equal(beyond.status, 416)
  t.equal(beyond.headers.get('content-range'), 'bytes */10')
  t.match(await beyond.json(), { code: 11, message: /10 bytes/, details: [] })

  const head = await fetch(link, { method: 'HEAD' })
  t.same([head.status, head.headers.get('content-length'), await head.text()], [200, '10', ''])
  const empty = await fetch(none)
  t.same([empty.status, empty.headers.get('content-length'), await empty.text()], [200, '0', ''])

  t.equal((await fetch(link, { headers: { 'if-none-match': etag } })).status, 304)
  const [before, after] = ['Mon, 01 Jan 2001 00:00:00 GMT', 'Thu, 01 Jan 2099 00:00:00 GMT']
  for (const [headers, status] of [
    [{ 'if-none-match': `W/${etag}` }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': `"another", W/${etag}` }, 304],
    [{ 'if-none-match': '"another"' }, 200],
    [{ 'if-modified-since': after }, 304],
    [{ 'if-modified-since': before }, 200],
    [{ 'if-modified-since': 'no date' }, 200],
    [{ 'if-none-match': '"another"', 'if-modified-since': after }, 200],
    [{ 'if-match': etag }, 200],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': `W/${etag}` }, 412],
    [{ 'if-match': '"another"' }, 412],
    [{ 'if-unmodified-since': before }, 412],
    [{ 'if-unmodified-since': after }, 200],
    [{ 'if-match': etag, 'if-unmodified-since': before }, 200],
    [{ 'if-match': '"another"', 'if-none-match': etag }, 412],
  ] as const) {
    const answer = await fetch(link, { headers })
    t.equal(answer.status, status, JSON.stringify(headers))
    if (status === 412) t.match(await answer.json(), { code: 9, message: /its ETag is "/ })
  }
  t.equal((await fetch(link, { headers: { range: 'bytes=0-0', 'if-range': etag } })).status, 206)
  t.equal((await fetch(link, { headers: { range: 'bytes=0-0', 'if-range': '"other"' } })).status, 200)
  t.equal((await put(link, 'x')).status, 403)
})

void t.test('ranges of files', async (t) => {
  t.equal(parseRange(undefined, 10), undefined)
  t.equal(parseRange('bytes=-', 10), undefined)
  t.equal(parseRange('bytes=-0', 10), 'unsatisfiable')
  t.equal(parseRange('bytes=0-', 0), 'unsatisfiable')
  t.equal(parseRange('bytes=-5', 0), 'unsatisfiable')
  t.same(parseRange('bytes=-50', 10), { start: 0, end: 9 })
})

void t.test('names of files', async (t) => {
  for (const [header, name] of [
    [undefined, 'data.bin'],
    ['attachment', 'data.bin'],
    ['attachment; filename="a b.wav"', 'a b.wav'],
    ['attachment; filename=plain.zip', 'plain.zip'],
    ["attachment; filename*=UTF-8''gr%C3%BC%C3%9Fe.txt", 'grüße.txt'],
    [Buffer.from('attachment; filename="grüße.txt"').toString('latin1'), 'grüße.txt'],
    ['attachment; filename="a/b\\\\c.txt"', 'c.txt'],
    ['attachment; filename="a\0b"', 'ab'],
    ['attachment; filename=".."', 'data.bin'],
    ['attachment; filename=""', 'data.bin'],
    [`attachment; filename="${'x'.repeat(256)}"`, 'data.bin'],
    ['((( nonsense', 'data.bin'],
  ] as const) {
    t.equal(uploadName(header), name, JSON.stringify(header))
  }
  for (const name of ['', '/a', 'a/', 'a//b', '../a', 'a/./b', 'a\\b', 'a\0', 'x'.repeat(256)]) {
    t.ok(resultNameProblem(name), JSON.stringify(name))
  }
  for (const name of ['a', 'out_0/a b.mp4', '...', 'grüße']) t.equal(resultNameProblem(name), undefined)
})

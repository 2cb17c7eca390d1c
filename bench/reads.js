import { createRequire } from 'node:module'
import { join } from 'node:path'
import { accessToken, post } from './client.js'
import { freePort, start, stop } from './processes.js'
import { emulator } from './programs.js'
import { runLoad } from './run-load.js'
import { median, printAim, printTable, spread } from './table.js'

/** Jobs in the files that are compared: what is asked for must not cost more in the larger one. */
const sizes = [1_000, 1_000_000]

/** The job that is read, and the name that one job in each file has. */
const wanted = '00000000-0000-4000-8000-000000000001'
const wantedName = 'the one that is looked for'

/** The job that is written meanwhile. */
const written = '00000000-0000-4000-8000-000000000000'

/** @param {string} path */
const get = (path) => (/** @type {number} */ port, /** @type {string} */ authorization) =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${authorization}\r\n\r\n`

const filter = JSON.stringify({ filters: [{ field: 'name', condition: 'FILTER_CONDITION_EQ', value: wantedName }] })

/** Jobs that are read in turn, and pages. */
const different = 500

/** Offsets of pages that both files have. */
const offsets = Array.from({ length: different }, (_, page) => String(page))

const questions = {
  'GET of a job, each time another one': get('/v1/customer/jobs/%s'),
  'a list page, each time another one': get('/v1/customer/jobs?pagination.limit=10&pagination.offset=%s'),
  'a filter by name': (/** @type {number} */ port, /** @type {string} */ authorization) =>
    `POST /v1/customer/jobs/filter HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${authorization}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(filter)}\r\n\r\n${filter}`,
}

/** Changes a job that nobody reads. */
const change = (/** @type {number} */ port, /** @type {string} */ authorization) =>
  `PATCH /v1/customer/jobs/${written}/jobname HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: ${authorization}\r\n` +
  `Content-Type: application/json\r\nContent-Length: 3\r\n\r\n"x"`

/**
 * Reads by 64 pollers, from a file with a thousand jobs and from one with a million. What was read is kept until the next write:
 * so another client writes, and no two reads in a row are the same.
 *
 * @param {{ folder: string, rounds: number, seconds: number }} options
 */
export async function measureReads({ folder, rounds, seconds }) {
  const contenders = []
  for (const jobs of sizes) {
    const data = join(folder, `reads-${jobs}`)
    const ids = await fill(data, jobs)
    const running = await start(emulator(data, await freePort()))
    contenders.push({ jobs, ids, running, authorization: await accessToken(running.port) })
  }

  for (const [question, request] of Object.entries(questions)) {
    /** @type {number[][]} */
    const rates = contenders.map(() => [])
    const ask = async (
      /** @type {typeof contenders[0]} */ { running: { port }, authorization, ids },
      time = seconds,
    ) => {
      const text = request(port, authorization)
      const values = text.startsWith('GET /v1/customer/jobs/') ? ids : offsets
      const [read] = await Promise.all([
        runLoad({ port, request: text, values, connections: 64, seconds: time }),
        runLoad({ port, request: change(port, authorization), connections: 1, seconds: time }),
      ])
      return read.perSecond
    }
    for (const contender of contenders) await ask(contender, 1)
    for (let round = 0; round < rounds; round++) {
      const turn = [...contenders.entries()]
      if (round % 2 === 1) turn.reverse()
      for (const [index, contender] of turn) rates[index].push(await ask(contender))
    }
    const ratios = rates[1].map((rate, round) => rate / rates[0][round])
    printTable(
      `${question}, 64 pollers and a writer (${rounds} rounds of ${seconds} s)`,
      ['jobs in the file', 'answers a second', 'of the smaller file'],
      contenders.map(({ jobs }, index) => [
        jobs.toLocaleString('en-US'),
        spread(rates[index], 0),
        index === 0 ? '' : spread(ratios, 2),
      ]),
    )
    // The noise of a machine is a tenth or two; a cost that grows with the jobs would show as a hundredth.
    const ratio = median(ratios)
    printAim('the same cost with a thousand times the jobs', `${ratio.toFixed(2)} of the rate`, ratio >= 0.8)
  }
  for (const { running } of contenders) await stop(running)
}

/**
 * Makes a file with so many jobs: the emulator makes the file and two jobs, the rest are copies. Returns the ids of some.
 *
 * @param {string} data
 * @param {number} jobs
 */
async function fill(data, jobs) {
  const running = await start(emulator(data, await freePort()))
  const authorization = await accessToken(running.port)
  const create = (/** @type {object} */ job) =>
    post(running.port, '/v1/customer/jobs', JSON.stringify(job), { authorization })
  await create({
    templateId: 'hello-world-template',
    name: 'one of many',
    jobId: written,
  })
  await create({ templateId: 'hello-world-template', name: wantedName, jobId: wanted })
  await stop(running)

  const Database = loadDriver()
  const database = new Database(join(data, 'emulator.db'))
  const columns = database
    .prepare("SELECT name FROM pragma_table_info('jobs') WHERE name NOT IN ('seq', 'id', 'created_at')")
    .all()
    .map((/** @type {{ name: string }} */ { name }) => name)
    .join(', ')
  database.exec('BEGIN')
  // Random ids and rising times, as creates would give.
  database
    .prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO jobs (id, created_at, ${columns})
       SELECT lower(hex(randomblob(16))), created_at + i, ${columns} FROM jobs, n
       WHERE id = '${written}'`,
    )
    .run(jobs - 2)
  database.exec('COMMIT')
  const ids = /** @type {{ id: string }[]} */ (
    database.prepare('SELECT id FROM jobs ORDER BY random() LIMIT ?').all(different)
  )
  database.close()
  return ids.map(({ id }) => id)
}

/** The driver that the emulator would take; see src/store/driver.ts. */
function loadDriver() {
  const require = createRequire(import.meta.url)
  const [major, minor] = process.versions.node.split('.').map(Number)
  return require(major > 22 || (major === 22 && minor >= 14) ? 'better-sqlite3-napi' : 'better-sqlite3')
}

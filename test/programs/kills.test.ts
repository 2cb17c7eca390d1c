// A row and its file are of one act, also for a program that is killed between any two of its steps.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { connect } from '../../src/index.ts'
import { client } from '../emulator.ts'
import { put, waitingJob } from '../routes/files.ts'
import { run, stop } from '../program.ts'

const kills = 12

void t.test('a second upload that is killed leaves the first one, row and bytes', async (t) => {
  const data = join(t.testdir(), 'data')
  const start = () => run(t, ['--port', '0', '--data', data])
  let program = start()
  let url = await program.ready
  const { id } = await waitingJob(client(url))
  const tempUrl = async () =>
    (await client(url)('GET', `/v1/customer/jobs/${id}`)).body.job.dataSource.params.tempUrl as string
  await put(await tempUrl(), 'x')
  for (let kill = 1; kill <= kills; kill++) {
    const killed = put(await tempUrl(), 'y'.repeat(100 + kill)).catch(() => undefined)
    await delay(kill % 6)
    await stop(program, 'SIGKILL')
    await killed
    program = start()
    url = await program.ready
    // The archive is refused if a row and its file differ.
    const bytes = await connect(url).world('default').export()
    await t.resolves(connect(url).world(`after-${kill}`).import(bytes), `kill ${kill}`)
  }
  await stop(program)
})

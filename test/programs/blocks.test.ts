// Blocks that ask much of the machine: floods of output, many jobs at once, a disk that is full.
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { client, emulator } from '../emulator.ts'
import { run } from '../program.ts'
import { begun, blockFolder, ended, finished } from '../runner/blocks.ts'

/** A folder with an app that is a shell script, as a shell starts in a tenth of the time of Node.js. */
function shellApp(t: Test, script: string): string {
  const folder = blockFolder(t, {})
  writeFileSync(join(folder, 'app', 'app', 'main.sh'), script)
  const manifest = { name: 'my-app', version: '0.1', entrypoint: 'main.sh' }
  writeFileSync(join(folder, 'app', 'manifest.json'), JSON.stringify(manifest))
  return folder
}

void t.test('200 MB of output end in a log of 64 MiB, and others are answered meanwhile', async (t) => {
  const script = "head -c 200000000 /dev/zero | tr '\\0' 'x' | fold -w 9999; echo done > \"$TASK_RESULTS_DIR/out\"\n"
  const data = t.testdir()
  const { url } = await emulator(t, { data, apps: [shellApp(t, script)], runApps: 'process' })
  const call = client(url)
  const id = await begun(call)
  let answers = 0
  for (let state = ''; !/COMPLETE$|FAILED$/.test(state) || state === 'JOB_STATE_TASKS_COMPLETED'; answers++) {
    state = (await call('GET', `/v1/customer/jobs/${id}`)).body.job.state as string
  }
  const job = await ended(call, id)
  t.equal(job.state, 'JOB_STATE_COMPLETE', job.errorMessage)
  t.ok(answers > 20, `${answers} answers while it printed`)
  const worlds = join(data, 'files', 'worlds')
  const [log] = readdirSync(worlds, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('log.ndjson'))
  const { size } = statSync(join(worlds, log!))
  t.ok(size > 60 * 1024 ** 2 && size < 66 * 1024 ** 2, `${size} bytes of log`)
})

void t.test('200 jobs with two workers all come to their end', async (t) => {
  const apps = [shellApp(t, 'echo done > "$TASK_RESULTS_DIR/out"\n')]
  const { url } = await emulator(t, { apps, runApps: 'process', runParallel: 2 })
  const call = client(url)
  const ids = await Promise.all(Array.from({ length: 200 }, () => begun(call)))
  for (const id of ids) t.equal((await ended(call, id)).state, 'JOB_STATE_COMPLETE', id)
})

void t.test('a block that meets a full disk fails its job; the emulator goes on', async (t) => {
  const script = 'head -c 50000000 /dev/zero > "$TASK_RESULTS_DIR/large" || exit 7\n'
  const data = join(t.testdir(), 'data')
  const args = ['--port', '0', '--data', data, '--apps', shellApp(t, script), '--run-apps', 'process']
  // As many units of 1 KiB as a file may have: the block meets the limit that a disk would set.
  const program = run(t, args, { fileLimit: 4096 })
  const call = client(await program.ready)
  const job = await finished(call)
  t.match(job, { state: 'JOB_STATE_FAILED', errorMessage: /task of chunk 0 exited with code/ })
  t.equal((await call('POST', '/v1/customer/jobs', { templateId: 'work' })).status, 200)
})

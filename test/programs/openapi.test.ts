// The OpenAPI documents as a linter of the field sees them, by its recommended rules.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { client, emulator } from '../emulator.ts'

const redocly = createRequire(import.meta.url).resolve('@redocly/cli/bin/cli.js')

for (const options of [{}, { era: '2023' }, { unset: 'omit' }] as const) {
  void t.test(`the documents are clean: ${JSON.stringify(options)}`, async (t) => {
    const { url } = await emulator(t, options)
    const folder = t.testdir({
      // Paths such as /jobs/{jobId}/results and /jobs/estimation/{jobId} are the vendor's.
      'redocly.yaml': 'extends: [recommended-strict]\nrules:\n  no-ambiguous-paths: off\n',
    })
    const documents = ['customer', 'auth', 'dev', 'wallet'].map((base) => `/v1/${base}/docs/swagger.json`)
    const files = []
    for (const path of [...documents, '/_emulator/openapi.json']) {
      const file = join(folder, `${path.replaceAll('/', '_')}.json`)
      writeFileSync(file, JSON.stringify((await client(url, null)('GET', path)).body))
      files.push(file)
    }
    const lint = promisify(execFile)(
      process.execPath,
      [redocly, 'lint', '--config', join(folder, 'redocly.yaml'), '--format', 'stylish', ...files],
      { env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NODE_OPTIONS: '' } },
    )
    const { stderr } = await lint.catch((error: unknown) => error as { stdout: string; stderr: string })
    t.match(stderr, /Your API descriptions are valid/)
  })
}

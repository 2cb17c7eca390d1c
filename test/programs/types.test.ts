// The types of the package, as every way of finding them sees them.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { personaNames } from '../../schemas/names.ts'
import { packageRoot } from '../../src/base/package.ts'
import { packed } from './packed.ts'

const { folder, link, run } = packed(t, {})
for (const name of ['@types/node', 'undici-types']) link(name)

const program = `
import type { Static } from '@sinclair/typebox'
import { connect, type Emulator, type EmulatorOptions, startEmulator, type World } from 'bytenite-emulator'
import { JobResponse, type JobState } from 'bytenite-emulator/schemas/jobs'
import { startContainer } from 'bytenite-emulator/testcontainers'

export async function typed() {
  const options: EmulatorOptions = { strict: true, templates: 'open' }
  await using emulator: Emulator = await startEmulator(options)
  const world: World = emulator.world('typed')
  const answer = await emulator.inject({ url: '/v1/customer/jobs', headers: { authorization: world.apiKey } })
  const jobs: Static<typeof JobResponse>['job'][] = answer.json<{ data: Static<typeof JobResponse>['job'][] }>().data
  const states: (JobState | null)[] = jobs.map(({ state }) => state)
  await world.fault({ operation: 'GET /v1/customer/jobs/{jobId}', status: 503, times: 2 })
  const first: string | undefined = (await connect(emulator.url).world('typed').requests())[0]?.operation

  await world.fault({ operation: 'GET /v1/computing/jobs/:jobId', persona: 'owner', status: 503 })
  await world.scenario({ pace: 'PARTITIONED=5s' })
  const seeded = await startEmulator({ seed: { jobs: [{ templateId: 'a', state: 'JOB_STATE_NEW' }] }, pace: 'polls:3' })
  await seeded.close()

  // @ts-expect-error so is a persona that is none
  world.keyOf('admin')
  // @ts-expect-error and a seed of something else
  await startEmulator({ seed: { job: [] } })
  // @ts-expect-error a wrong word is an error
  await startEmulator({ templates: 'ajar' })
  // @ts-expect-error nothing has become any
  world.nonsense()
  // @ts-expect-error nor here
  jobs[0]!.nonsense
  return { first, states, startContainer }
}
`

/** Runs the compiler of this checkout on one file. */
function compile(file: string, options: Readonly<Record<string, unknown>>) {
  const compilerOptions = {
    ...{ target: 'es2022', lib: ['es2022'], types: ['node'] },
    ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, ...options },
  }
  const project = `tsconfig.${file}.${String(options['moduleResolution'])}.json`
  writeFileSync(join(folder, project), JSON.stringify({ compilerOptions, files: [file] }))
  return run(process.execPath, join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', project)
}

/** Ending of the file, its module system, the rule by which packages are found, and if the declarations are checked, too. */
const ways: readonly [string, string, string, boolean][] = [
  ['ts', 'commonjs', 'node10', true],
  ['cts', 'node16', 'node16', true],
  ['mts', 'node16', 'node16', false],
  ['cts', 'nodenext', 'nodenext', false],
  ['mts', 'nodenext', 'nodenext', true],
  ['ts', 'esnext', 'bundler', false],
  ['ts', 'preserve', 'bundler', false],
]

for (const [ending, module, moduleResolution, whole] of ways) {
  void t.test(`a .${ending} file, module ${module}, moduleResolution ${moduleResolution}`, async (t) => {
    const file = `${module}.${ending}`
    writeFileSync(join(folder, file), program)
    t.strictSame(await compile(file, { module, moduleResolution, skipLibCheck: !whole }), { code: 0, output: '' })
  })
}

void t.test('an editor shows the meaning of every field', async (t) => {
  const names = {
    faults: ['FaultRequest', 'Fault', 'RulesQuery'],
    journal: ['Exchange', 'JournalQuery', 'VerifyRequest', 'VerifyResponse'],
    scenarios: ['ScenarioRequest', 'ScenarioResult', 'Scenario'],
    activity: ['WorldJobsQuery'],
  }
  const lines = Object.entries(names).map(
    ([room, types]) => `export type { ${types.join(', ')} } from 'bytenite-emulator/schemas/${room}'`,
  )
  const file = join(folder, 'fields.mts')
  writeFileSync(file, lines.join('\n'))
  const { NodeNext: module } = ts.ModuleKind
  const compiler = ts.createProgram([file], { module, strict: true, types: [] })
  const checker = compiler.getTypeChecker()
  for (const exported of checker.getExportsOfModule(checker.getSymbolAtLocation(compiler.getSourceFile(file)!)!)) {
    const fields = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(exported)))
    t.not(fields.length, 0, exported.name)
    for (const field of fields)
      t.not(field.getDocumentationComment(checker).length, 0, `${exported.name}.${field.name}`)
  }
})

void t.test('an editor offers names of operations, personas and paces', async (t) => {
  const file = join(folder, 'offered.mts')
  const code = `import type { World } from 'bytenite-emulator'
declare const world: World
void world.fault({ operation: '', persona: '' })
void world.pace('')
`
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => ts.ScriptSnapshot.fromString(name === file ? code : (ts.sys.readFile(name) ?? '')),
    getCurrentDirectory: () => folder,
    getCompilationSettings: () => ({ module: ts.ModuleKind.NodeNext, strict: true, types: [] }),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => ts.sys.fileExists(name),
    readFile: (name) => ts.sys.readFile(name),
  })
  const offered = (before: string) =>
    service
      .getCompletionsAtPosition(file, code.indexOf(before) + before.length + 1, {})
      ?.entries.map(({ name }) => name) ?? []
  t.ok(offered('operation: ').includes('GET /v1/customer/jobs/{jobId}'))
  t.strictSame(offered('persona: ').sort(), [...personaNames].sort())
  t.ok(offered('pace(').includes('manual'))
})

import { copyFile, mkdir, rename } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LogService } from '../../schemas/logs.ts'
import type { Core } from '../core.ts'
import type { RunOf } from '../core/runs.ts'
import { type JobRecord, maxTasks } from '../domain/jobs/job.ts'
import { unpackBlock } from '../domain/blocks/archive.ts'
import { type Block, type BlockKind, findBlock, passthrough } from '../domain/runs/block.ts'
import { chunksIn, gather } from '../domain/runs/chunks.ts'
import { environmentOf, paramsText, type StageFolders } from '../domain/runs/environment.ts'
import { taskPrice } from '../domain/runs/price.ts'
import { contentTypeOf } from '../domain/results/content-types.ts'
import { makeFolder } from '../base/folders.ts'
import { commandOf } from './command.ts'
import { RunFailure } from './failure.ts'
import type { RunLog } from './log.ts'
import { type BlockExit, runProcess } from './process.ts'
import { placeSource, type SourceOptions } from './sources.ts'
import { copyCode, isFolder, isThere, readTree, type TreeFile, writeCode } from './trees.ts'
import type { Turns } from './turns.ts'

/** Files and bytes that a job may leave in one place (chosen). */
const bounds = { files: maxTasks, bytes: 4 * 1024 ** 3 } as const

/** The parts that a job's run needs. */
export interface JobRunSurroundings {
  readonly core: Core
  readonly turns: Turns
  readonly python: string
  readonly sources: SourceOptions
  readonly log: RunLog
  /** A folder of the job's own, which is there and empty. */
  readonly folder: string
  /** A folder that stays between the jobs of one account. */
  readonly userCache: string
  /** Ends the run early. */
  readonly stop: AbortSignal
}

const services: Readonly<Record<BlockKind, LogService>> = {
  partitioner: 'PARTITIONER',
  app: 'TASKRUNNER',
  assembler: 'ASSEMBLER',
}

/**
 * Runs the blocks of a job, one stage after the other, and moves the job along as they go.
 *
 * @throws RunFailure with the reason why it fails; TreeError likewise
 */
export async function runJob(run: RunOf, job: JobRecord, surroundings: JobRunSurroundings): Promise<void> {
  const { core, turns, python, sources, log, folder, userCache, stop } = surroundings
  const { blocks } = job.run!
  const at = (...parts: string[]): string => join(folder, ...parts)
  const shared = { home: at('home'), temporary: at('tmp'), userCache, sharedCache: at('shared') }
  for (const path of [at('source'), at('chunks'), at('tasks'), at('results'), at('output'), ...Object.values(shared)]) {
    makeFolder(path)
  }

  async function enter(...args: Parameters<typeof core.runs.enter> extends [RunOf, ...infer Rest] ? Rest : never) {
    if ((await core.runs.enter(run, ...args)) === undefined) throw new RunFailure('the run has ended')
  }

  async function prepare(kind: BlockKind): Promise<Block | undefined> {
    const tag = blocks![kind]
    if (tag === passthrough) return undefined
    const block = findBlock(core.realRuns.runnableBlocks(run.world), kind, tag)
    if (block === undefined) throw new RunFailure(`${kind} ${tag} is not there any more`)
    if ('pushed' in block.code) {
      const { files } = await unpackBlock(core.blocks.archive(run.world.key, block.code.pushed))
      await writeCode(files, at('code', kind))
      return block
    }
    const code = join(block.code.folder, 'app')
    if (!(await isThere(join(code, block.entrypoint)))) {
      throw new RunFailure(`${kind} ${tag}: its entrypoint app/${block.entrypoint} is not there`)
    }
    for (const name of (await copyCode(code, at('code', kind))).slice(0, 10)) {
      const what = JSON.stringify(`app/${name}`)
      await log.say(services[kind], 0, 'WARN', `${what} is left out: the code of a block is plain files, without links`)
    }
    return block
  }

  async function start(block: Block, stage: StageFolders): Promise<BlockExit> {
    const service = services[block.kind]
    const chunk = stage.kind === 'app' ? stage.chunk : 0
    await log.say(service, chunk, 'DEBUG', `${block.kind} ${block.tag}: image ${block.image || '(none)'} is not used`)
    await log.say(service, chunk, 'INFO', 'container started')
    const code = at('code', block.kind)
    const secrets = core.secrets.variables(run.world, job.account, block.secrets)
    const outputs = log.output(service, chunk, Object.values(secrets))
    const params = paramsText(job, block.kind)
    try {
      return await runProcess(
        {
          command: commandOf(code, block.entrypoint, python),
          folder: code,
          environment: environmentOf(stage, shared, process.env['PATH'] ?? '', params, secrets),
          timeout: block.kind === 'app' ? (job.config.taskTimeout ?? 0) : 0,
          onOutput: (bytes) => outputs.write(bytes),
        },
        stop,
      )
    } finally {
      await outputs.end()
    }
  }

  /** Runs an engine. */
  async function engine(block: Block, stage: StageFolders): Promise<void> {
    const { code } = await turns.take(run.jobId, () => start(block, stage))
    stop.throwIfAborted()
    if (code !== 0) throw new RunFailure(`${block.kind} exited with code ${code}`)
    await log.say(services[block.kind], 0, 'INFO', 'container exited with code 0')
  }

  const [partitioner, app, assembler] = [await prepare('partitioner'), await prepare('app'), await prepare('assembler')]

  await enter('JOB_STATE_UPLOADING')
  await placeSource(core, run, job, { ...sources, folder: at('source'), stop })

  await enter('JOB_STATE_PARTITIONING')
  if (partitioner === undefined) {
    const [source] = (await readTree(at('source'), 'the source', bounds)).files
    await rename(at('source', source!.name), at('chunks', 'data_0.bin'))
  } else {
    await engine(partitioner, { kind: 'partitioner', source: at('source'), chunks: at('chunks') })
    await assertKept('partitioner', 'CHUNKS_DIR', at('chunks'))
  }
  const left = await readTree(at('chunks'), 'the folder of chunks', bounds)
  const { chunks, others } = chunksIn(left.files.map(({ name }) => name))
  for (const name of [...others, ...left.others].slice(0, 10)) {
    await log.say(
      'PARTITIONER',
      0,
      'WARN',
      `${JSON.stringify(name)} is not a chunk: chunks are data_0.bin, data_1.bin …`,
    )
  }
  if (chunks.length === 0) throw new RunFailure('partitioner made no chunks: it writes data_0.bin … into CHUNKS_DIR')

  await enter('JOB_STATE_PARTITIONED', { tasks: chunks.length })
  const payment = await runTasks(chunks)

  await enter('JOB_STATE_TASKS_COMPLETED', { payment })
  await gatherResults(chunks.length)

  await enter('JOB_STATE_MERGING')
  if (assembler !== undefined) {
    await engine(assembler, { kind: 'assembler', results: at('results'), output: at('output') })
    await assertKept('assembler', 'OUTPUT_DIR', at('output'))
  }
  await enter('JOB_STATE_MERGED')
  await enter('JOB_STATE_DOWNLOADING')
  await save(assembler === undefined ? at('results') : at('output'))
  await enter('JOB_STATE_COMPLETE')

  /** Returns the price of all tasks. */
  async function runTasks(chunks: readonly string[]): Promise<number> {
    // One that fails stops the others.
    const failed = new AbortController()
    const prices = await Promise.all(
      chunks.map((name, number) =>
        turns
          .take(run.jobId, async () => {
            if (failed.signal.aborted || stop.aborted) return 0
            const end = core.runs.beginTask(run)
            return runTask(name, number).finally(end)
          })
          .catch((error: unknown) => {
            if (!failed.signal.aborted) failed.abort(error)
            return 0
          }),
      ),
    )
    stop.throwIfAborted()
    failed.signal.throwIfAborted()
    return prices.reduce((sum, price) => sum + price, 0)
  }

  /** Returns its price. */
  async function runTask(chunk: string, number: number): Promise<number> {
    const retries = job.config.maxTaskRetries ?? 0
    for (let attempt = 0; ; attempt++) {
      const task = at('tasks', String(number), String(attempt))
      const stage = { kind: 'app', task: join(task, 'in'), results: join(task, 'out'), chunk: number } as const
      makeFolder(stage.task)
      await mkdir(stage.results)
      // A task may change its input, and another attempt begins with it as it was.
      await copyFile(at('chunks', chunk), join(stage.task, 'data.bin'))
      await log.say('TASKRUNNER', number, 'DEBUG', 'task data downloaded')
      const { code, timedOut, seconds } = await start(app!, stage)
      stop.throwIfAborted()
      if (code === 0 && !timedOut) {
        await log.say('TASKRUNNER', number, 'INFO', 'container exited with code 0')
        await assertKept(`task of chunk ${number}`, 'TASK_RESULTS_DIR', stage.results, number)
        await rename(stage.results, at('tasks', String(number), 'out'))
        return taskPrice(seconds, app!)
      }
      const reason = timedOut
        ? `task of chunk ${number}: taskTimeout of ${job.config.taskTimeout} s exceeded`
        : `task of chunk ${number} exited with code ${code}`
      if (attempt >= retries) throw new RunFailure(reason, number)
      await log.say('TASKRUNNER', number, 'WARN', `${reason}; attempt ${attempt + 2} of ${retries + 1}`)
    }
  }

  /** Puts the results of all tasks into one folder. */
  async function gatherResults(tasks: number): Promise<void> {
    const results: (readonly string[])[] = []
    let room: { files: number; bytes: number } = { ...bounds }
    for (let task = 0; task < tasks; task++) {
      const tree = await readTree(at('tasks', String(task), 'out'), 'the results of all tasks', room)
      room = { files: room.files - tree.files.length, bytes: room.bytes - sizeOf(tree.files) }
      results.push(tree.files.map(({ name }) => name))
      await warnOfOthers('TASKRUNNER', task, tree.others)
    }
    const gathered = gather(results)
    for (const { task, name, as } of gathered) {
      const target = at('results', as)
      makeFolder(dirname(target))
      await rename(at('tasks', String(task), 'out', name), target)
    }
    const renamed = gathered.filter(({ name, as }) => name !== as)
    if (renamed.length > 0) {
      const { name, as } = renamed[0]!
      await log.say(
        'ASSEMBLER',
        0,
        'INFO',
        `${renamed.length} results have the same names as others: the number of the task goes in front, as ${as} of ${name}`,
      )
    }
  }

  async function warnOfOthers(service: LogService, chunk: number, others: readonly string[]): Promise<void> {
    for (const name of others.slice(0, 10)) {
      await log.say(
        service,
        chunk,
        'WARN',
        `${JSON.stringify(name)} is left out: it is not a plain file, or its name cannot be in a link`,
      )
    }
  }

  async function save(from: string): Promise<void> {
    const { files, others } = await readTree(from, 'the output', bounds)
    await warnOfOthers('ASSEMBLER', 0, others)
    const results = files.map(({ name }) => ({
      name,
      contentType: contentTypeOf(name),
      bytes: () => createReadStream(join(from, name)) as AsyncIterable<Uint8Array>,
    }))
    await core.storage.keepResults(run.world, run.jobId, results, () => core.runs.find(run) !== undefined)
  }
}

/**
 * Asserts that a folder is the one that a block was given: files are moved out of it, and those that a link leads to are not the
 * job's.
 *
 * @throws RunFailure
 */
async function assertKept(who: string, variable: string, folder: string, chunk = 0): Promise<void> {
  if (!(await isFolder(folder))) {
    throw new RunFailure(`${who}: it removed or replaced the folder ${variable}; write into it instead`, chunk)
  }
}

const sizeOf = (files: readonly TreeFile[]): number => files.reduce((sum, { size }) => sum + size, 0)

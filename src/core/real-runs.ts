import { assertRunnable, type JobRecord } from '../domain/jobs/job.ts'
import type { RunBlocks } from '../domain/jobs/pace.ts'
import { type Block, type BlockRegistry, runBlocksOf } from '../domain/runs/block.ts'
import { builtInTemplates } from '../domain/templates/built-in.ts'
import type { ServiceSettings } from '../settings/settings.ts'
import type { WorldRecord } from '../store/worlds.ts'
import { assertUsable, runnableBlocks } from './block-use.ts'
import type { Catalogue } from './catalogue.ts'
import type { Clocks } from './clocks.ts'
import type { Secrets } from './secrets.ts'
import type { Rows } from '../store/rows.ts'

/** Answers if a job can be run, and if its blocks would really run. */
export interface RealRuns {
  /** The blocks that jobs of a world can run, as they are now. */
  runnableBlocks(world: WorldRecord): readonly Block[]
  /** The blocks that a job would really run, or why it would be played, in words. @throws ApiError 400/9 if one is missing */
  blocksOf(world: WorldRecord, job: JobRecord): RunBlocks | string
  /** Checks the secrets and blocks that a job names. @throws ApiError 400/9 */
  assertCanRun(world: WorldRecord, job: JobRecord): void
  /** The reason why a job cannot be run as it is, in the words of the refusal; undefined if it can. */
  whyNotRun(world: WorldRecord, job: JobRecord): string | undefined
  /** Why the blocks of a job's template would not be run now, in words. */
  whyPlayed(world: WorldRecord, job: JobRecord): string
}

/** The parts of the emulator that real runs need. */
export interface RealRunSurroundings {
  readonly runApps: ServiceSettings['runApps']
  readonly localBlocks: BlockRegistry
  readonly rows: Pick<Rows, 'blocks'>
  readonly catalogue: Catalogue
  readonly secrets: Secrets
  readonly clocks: Clocks
}

export function createRealRuns(surroundings: RealRunSurroundings): RealRuns {
  const { runApps, localBlocks, catalogue, secrets, clocks } = surroundings
  const { blocks: rows } = surroundings.rows
  const runsPushed = runApps === 'process,pushed'

  function blocksNow({ key }: WorldRecord): readonly Block[] {
    localBlocks.refresh()
    return runsPushed ? runnableBlocks(rows, localBlocks, key) : localBlocks.blocks
  }

  function blocksOf(world: WorldRecord, job: JobRecord): RunBlocks | string {
    if (runApps === 'off') return 'real runs are off (--run-apps)'
    const template = catalogue.find(world.key, job.templateId)
    const isBuiltIn = template !== undefined && builtInTemplates.get(template.id) === template
    const place = runsPushed
      ? 'in no folder of --apps, and no active block that was pushed with a key of --api-key'
      : 'in no folder of --apps'
    return runBlocksOf(template, isBuiltIn, blocksNow(world), place)
  }

  function assertCanRun(world: WorldRecord, job: JobRecord): void {
    secrets.assertPresent({ world, account: job.account }, job, clocks.now(world))
    assertUsable(rows, localBlocks, world.key, catalogue.find(world.key, job.templateId))
  }

  return {
    runnableBlocks: blocksNow,
    blocksOf,
    assertCanRun,
    whyNotRun: (world, job) =>
      refusalOf(() => {
        assertRunnable(job)
        assertCanRun(world, job)
        if (job.pace === null) blocksOf(world, job)
      }),
    whyPlayed(world, job) {
      let found: RunBlocks | string = ''
      const refusal = refusalOf(() => {
        found = blocksOf(world, job)
      })
      return refusal ?? (typeof found === 'string' ? found : 'its blocks came after the run')
    },
  }
}

/** The words in which something is refused; undefined if it is not. */
function refusalOf(check: () => void): string | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

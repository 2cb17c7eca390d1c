import type { ScenarioRequest } from '../../../schemas/scenarios.ts'

/** Templates that are a scenario by their id, so that a client in any language gets it with a string. */
export const builtInScenarios: Readonly<Record<string, ScenarioRequest>> = {
  'emulator-succeeds': {},
  'emulator-fails': { failIn: 'JOB_STATE_PARTITIONED', errorMessage: 'app exited with code 1' },
  'emulator-fails-uploading': { failIn: 'JOB_STATE_UPLOADING', errorMessage: 'no engine available' },
  'emulator-fails-partitioning': { failIn: 'JOB_STATE_PARTITIONING', errorMessage: 'partitioner exited with code 1' },
  'emulator-fails-merging': { failIn: 'JOB_STATE_MERGING', errorMessage: 'assembler exited with code 1' },
  'emulator-fails-downloading': {
    failIn: 'JOB_STATE_DOWNLOADING',
    errorMessage: 'could not save to the data destination',
  },
  'emulator-times-out': { timesOut: true },
  'emulator-never-ends': { neverEnds: true },
  'emulator-instant': { pace: '0s' },
  'emulator-many-tasks': { tasks: 100 },
  'emulator-expensive': { paymentAmount: 1_000_000_000 },
  'emulator-no-results': { results: [] },
  'emulator-large-results': { results: [{ name: 'large.bin', size: 100 * 1024 * 1024 }] },
}

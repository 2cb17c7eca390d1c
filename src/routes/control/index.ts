import type { FastifyPluginAsync } from 'fastify'
import type { SettingInForce } from '../../../schemas/settings.ts'
import type { OperationGround } from '../../fidelity/fidelity.ts'
import type { Core } from '../../core.ts'
import { type GuardSettings, registerControlGuard } from '../../plugins/guards.ts'
import { archiveRoutes } from './archives.ts'
import { clockRoutes } from './clock.ts'
import { faultRoutes } from './faults.ts'
import { fidelityRoutes } from './fidelity.ts'
import { healthRoutes } from './health.ts'
import { inspectorRoutes } from './inspector.ts'
import { jobRoutes } from './jobs.ts'
import { journalRoutes } from './journal.ts'
import { scenarioRoutes } from './scenarios.ts'
import { settingRoutes } from './settings.ts'
import { streamRoutes } from './stream.ts'
import { templateRoutes } from './templates.ts'
import { worldRoutes } from './worlds.ts'
import { addRoutes } from '../add-routes.ts'

/**
 * The emulator's own API, for tests and tools.
 *
 * @param operations the operations of the vendor's APIs
 * @param grounds the evidence behind each of them
 * @param guard who gets in
 * @param inForce the settings
 */
export const controlRoutes =
  (
    core: Core,
    operations: () => readonly string[],
    grounds: () => readonly OperationGround[],
    guard: GuardSettings,
    inForce: readonly SettingInForce[],
  ): FastifyPluginAsync =>
  async (scope) => {
    registerControlGuard(scope, guard)
    await addRoutes(scope, [
      healthRoutes(core),
      worldRoutes(core),
      clockRoutes(core),
      jobRoutes(core),
      scenarioRoutes(core),
      faultRoutes(core, operations),
      journalRoutes(core, operations),
      fidelityRoutes(grounds),
      streamRoutes(core),
      settingRoutes(inForce),
      templateRoutes(core),
      inspectorRoutes,
    ])
    await scope.register(archiveRoutes(core))
  }

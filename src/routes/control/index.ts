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
    await scope.register(healthRoutes(core))
    await scope.register(worldRoutes(core))
    await scope.register(archiveRoutes(core))
    await scope.register(clockRoutes(core))
    await scope.register(jobRoutes(core))
    await scope.register(scenarioRoutes(core))
    await scope.register(faultRoutes(core, operations))
    await scope.register(journalRoutes(core, operations))
    await scope.register(fidelityRoutes(grounds))
    await scope.register(streamRoutes(core))
    await scope.register(settingRoutes(inForce))
    await scope.register(templateRoutes(core))
    await scope.register(inspectorRoutes)
  }

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type SettingInForce, SettingsResponse } from '../../../schemas/settings.ts'

/** The settings that the emulator was started with. */
export const settingRoutes =
  (inForce: readonly SettingInForce[]): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/settings',
      {
        schema: {
          operationId: 'Emulator_GetSettings',
          summary: 'The settings in force, and where each comes from',
          description:
            'Those of the command line and the environment, or the options of `startEmulator()`; API keys are masked. They hold until the emulator is started again.',
          tags: ['emulator'],
          response: { 200: SettingsResponse },
        },
      },
      async () => ({ settings: [...inForce] }),
    )
  }

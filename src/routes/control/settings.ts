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
          summary: 'Get the settings in force, and where each comes from',
          description:
            'From the command line and the environment, or from the options of `startEmulator()`. API keys are masked. Settings do not change while the emulator runs.',
          tags: ['emulator'],
          response: { 200: SettingsResponse },
        },
      },
      async () => ({ settings: [...inForce] }),
    )
  }

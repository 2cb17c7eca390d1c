import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { FidelityQuery, FidelityResponse, grounds } from '../../../schemas/fidelity.ts'
import { invalidArgument, show } from '../../base/errors.ts'
import { fidelity, type OperationGround } from '../../fidelity/fidelity.ts'
import { didYouMean } from '../../base/nearest.ts'

/** Why the emulator answers as it does. */
export const fidelityRoutes =
  (operations: () => readonly OperationGround[]): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get(
      '/fidelity',
      {
        schema: {
          operationId: 'Emulator_GetFidelity',
          summary: 'Why every operation answers as it does',
          description:
            'Each row says what is known of one behaviour, and how firm that ground is: `documented` by the vendor, `observed` in public clients or saved answers, `inferred` from what the service was built of, or `chosen`. Every answer of the emulator names its row in the header `x-emulator-ground`.',
          tags: ['emulator'],
          querystring: FidelityQuery,
          response: { 200: FidelityResponse },
        },
      },
      async ({ query }) => {
        const known = operations()
        const names = known.map(({ operation }) => operation)
        const { ground, operation } = query
        if (ground !== undefined && !grounds.some((each) => each === ground)) {
          throw invalidArgument(`ground ${show(ground)} does not exist; known are ${grounds.join(', ')}`)
        }
        if (operation !== undefined && !names.includes(operation)) {
          throw invalidArgument(
            `operation ${show(operation)} does not exist${didYouMean(operation, names)}; ` +
              'GET /_emulator/fidelity lists those there are',
          )
        }
        return fidelity(known, query)
      },
    )
  }

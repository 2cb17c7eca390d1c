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
          summary: 'Get the evidence for the answers of every operation',
          description:
            'Each row describes what is known about one behaviour, and its ground: `documented` by the vendor, `observed` in public clients or saved answers, `measured` on a real grpc-gateway, `inferred` from the technology of the service, or `chosen`. Every answer of the emulator names its row in the header `x-emulator-ground`.',
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
              'GET /_emulator/fidelity lists them',
          )
        }
        return fidelity(known, query)
      },
    )
  }

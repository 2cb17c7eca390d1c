import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { IdParams, TestAppRequest, Untyped } from '../../../schemas/unused.ts'
import { notFound, show } from '../../base/errors.ts'

/** Tests of apps, without a known user. */
export const appTestRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    '/tests',
    {
      schema: {
        operationId: 'Developer_TestApp',
        summary: 'Test an app; no code is run',
        tags: ['tests'],
        body: TestAppRequest,
        response: { 200: Untyped },
      },
    },
    async () => ({}),
  )
  app.get(
    '/tests/:id',
    {
      schema: {
        operationId: 'Developer_GetTestResults',
        summary: 'Get the results of a test; always 404',
        tags: ['tests'],
        params: IdParams,
        response: { 200: Untyped },
      },
    },
    async ({ params }) => {
      throw notFound(`test ${show(params.id)} does not exist: the emulator keeps none`, 'nothing-behind')
    },
  )
}

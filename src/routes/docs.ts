import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { type ApiBase, apis, documentOf, swaggerOptions } from '../openapi.ts'

/**
 * `docs/` and `docs/swagger.json` under each base, open to everybody (documented).
 *
 * A second app, made when the first of them is asked for, holds the same routes and what draws the documents from them; so
 * the libraries behind it cost nothing at start.
 *
 * @param build makes an app with all routes; what it is given runs before the first of them
 */
export const docsRoutes =
  (build: (prepare: (app: FastifyInstance) => void) => FastifyInstance): FastifyPluginAsync =>
  async (app) => {
    const bases = Object.keys(apis) as ApiBase[]
    let documents: Promise<FastifyInstance> | undefined

    async function makeDocuments(): Promise<FastifyInstance> {
      const { default: swagger } = await import('@fastify/swagger')
      const { default: swaggerUi } = await import('@fastify/swagger-ui')
      const drawn = build((inner) => void inner.register(swagger, swaggerOptions))
      for (const base of bases) {
        void drawn.register(async (scope) => {
          await scope.register(swaggerUi, {
            routePrefix: `/_docs${base}`,
            transformSpecification: (document) => documentOf(base, document),
          })
        })
      }
      await drawn.ready()
      return drawn
    }

    const loadDocuments = () => (documents ??= makeDocuments())
    app.addHook('onClose', async () => {
      await (await documents)?.close()
    })

    const schema = { hide: true }
    for (const base of bases) {
      app.get(`${base}/docs`, { schema }, async (_request, reply) => reply.redirect(`${base}/docs/`))
      app.get(`${base}/docs/swagger.json`, { schema }, async () => documentOf(base, (await loadDocuments()).swagger()))
      app.get(`${base}/docs/*`, { schema }, async (request, reply) => {
        const drawn = await loadDocuments()
        const page = await drawn.inject({ method: 'GET', url: `/_docs${request.url.replace('/docs/', '/')}` })
        void reply.code(page.statusCode).headers(page.headers)
        return reply.send(page.rawPayload)
      })
    }
  }

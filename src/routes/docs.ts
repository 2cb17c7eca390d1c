import type { StaticDocumentSpec } from '@fastify/swagger'
import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify'
import {
  type AnswerSettings,
  type ApiBase,
  apis,
  controlBase,
  controlDocumentOf,
  controlTitle,
  documentOf,
  swaggerOptions,
} from './openapi.ts'
import { notFound } from '../base/errors.ts'
import { type GuardSettings, registerControlGuard } from '../plugins/guards.ts'

/** A page that shows an OpenAPI document. */
interface Page {
  readonly base: string
  readonly title: string
  /** Path of the document. */
  readonly file: string
  /** Cuts the document out of the one of all routes. */
  readonly draw: (whole: object) => Record<string, unknown>
}

/** The documents, made once. */
interface Documentation {
  /** The OpenAPI document of all routes. */
  readonly whole: StaticDocumentSpec['document']
  /** Answers with the pages, and has nothing else. */
  readonly pages: FastifyInstance
  close(): Promise<unknown>
}

const vendorPages: readonly Page[] = (Object.keys(apis) as ApiBase[]).map((base) => ({
  base,
  title: apis[base],
  file: `${base}/docs/swagger.json`,
  draw: (whole) => documentOf(base, whole),
}))

const controlPage: Page = {
  base: controlBase,
  title: controlTitle,
  file: `${controlBase}/openapi.json`,
  draw: controlDocumentOf,
}

/**
 * `docs/` and `docs/swagger.json` under each base, without credentials (documented). The emulator's own API has the same, with the
 * document in `openapi.json`.
 *
 * `@fastify/swagger` must be there before the first route. So that a start need not load it, the first request for a document
 * builds a second app with the same routes, from which the document is drawn.
 *
 * @param openApiApp builds an app with all routes; `prepare` runs before the first of them
 */
export const docsRoutes =
  (
    openApiApp: (prepare: (app: FastifyInstance) => void) => FastifyInstance,
    settings: AnswerSettings,
    guard: GuardSettings,
  ): FastifyPluginAsync =>
  async (app) => {
    let documentation: Promise<Documentation> | undefined

    async function makeDocumentation(): Promise<Documentation> {
      const { default: swagger } = await import('@fastify/swagger')
      const { default: swaggerUi } = await import('@fastify/swagger-ui')
      const drawn = openApiApp((inner) => void inner.register(swagger, swaggerOptions(settings)))
      await drawn.ready()
      const whole = drawn.swagger() as StaticDocumentSpec['document']
      // An app of its own: with the routes of the emulator, a path such as docs/../../_emulator would lead past their guards.
      const buildValidator = (): never => {
        throw new Error('pages check nothing')
      }
      const compilersFactory = { buildValidator, buildSerializer: () => () => JSON.stringify }
      const pages = fastify({ schemaController: { compilersFactory } })
      await pages.register(swagger, { mode: 'static', specification: { document: whole } })
      for (const { base, title, draw } of [...vendorPages, controlPage]) {
        void pages.register(async (scope) => {
          await scope.register(swaggerUi, {
            routePrefix: `${base}/docs`,
            transformSpecification: draw,
            theme: { title },
          })
        })
      }
      await pages.ready()
      return { whole, pages, close: () => Promise.all([drawn.close(), pages.close()]) }
    }

    const loadDocumentation = () => (documentation ??= makeDocumentation())
    app.addHook('onClose', async () => {
      await (await documentation)?.close()
    })

    const schema = { hide: true }
    function serve(scope: FastifyInstance, { base, file, draw }: Page): void {
      scope.get(`${base}/docs`, { schema }, async (_request, reply) => reply.redirect(`${base}/docs/`))
      scope.get(file, { schema }, async ({ baseUrl }) => {
        const document = draw((await loadDocumentation()).whole)
        // Absolute, as the vendor's were: what imports a document from its address may not know that address later.
        return base === controlBase ? document : { ...document, servers: [{ url: baseUrl + base }] }
      })
      scope.get(`${base}/docs/*`, { schema }, async (request, reply) => {
        const { pathname } = new URL(request.url, 'http://localhost')
        if (!pathname.startsWith(`${base}/docs/`)) throw notFound('Not Found', 'unknown-path')
        const { pages } = await loadDocumentation()
        const page = await pages.inject({ method: 'GET', url: pathname })
        if (page.statusCode === 404) throw notFound('Not Found', 'unknown-path')
        void reply
          .code(page.statusCode)
          // Its other headers are those of a connection that is not the client's.
          .type(String(page.headers['content-type']))
          // A foreign page that framed this one could lead clicks to it.
          .header('content-security-policy', "frame-ancestors 'none'")
        return reply.send(page.rawPayload)
      })
    }
    for (const page of vendorPages) serve(app, page)
    await app.register(async (scope) => {
      registerControlGuard(scope, guard)
      serve(scope, controlPage)
    })
  }

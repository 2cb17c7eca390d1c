// Fastify's own loading, as plugins and routes see it, when neighbouring routes and hooks are finished together.
import fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { finishRoutesTogether } from '../../src/plugins/finish-routes.ts'

const appOf = (together = true) => {
  const app = fastify({ exposeHeadRoutes: false })
  if (together) finishRoutesTogether(app)
  return app
}

/** The hooks that each path of an app meets. */
async function hooksOf(together: boolean): Promise<Record<string, string>> {
  const app = appOf(together)
  const seen: string[] = []
  const hook = (scope: FastifyInstance, name: string) =>
    scope.addHook('onRequest', async () => {
      seen.push(name)
    })
  app.get('/first', async () => 'first')
  hook(app, 'a')
  hook(app, 'b')
  void app.register(async (scope) => {
    hook(scope, 'inner')
    scope.get('/inner', async () => 'inner')
    await scope.register(async (deep) => {
      deep.get('/deep', async () => 'deep')
      hook(deep, 'deep')
    })
    hook(scope, 'late')
    scope.get('/after', async () => 'after')
  })
  app.get('/last', async () => 'last')
  hook(app, 'c')
  const found: Record<string, string> = {}
  for (const path of ['/first', '/inner', '/deep', '/after', '/last']) {
    seen.length = 0
    const { body } = await app.inject(path)
    found[path] = `${body}: ${seen.join(' ')}`
  }
  await app.close()
  return found
}

void t.test('every route meets the same hooks, in the same order, as in Fastify by itself', async (t) => {
  const found = await hooksOf(true)
  t.strictSame(found, await hooksOf(false))
  t.match(found, { '/first': 'first: a b c', '/deep': /^deep: a b inner .*deep/ })
})

void t.test('what waits for plugins sees them loaded, and routes made so far', async (t) => {
  const app = appOf()
  const order: string[] = []
  app.get('/a', async () => 'a')
  void app.register(async (scope) => {
    scope.get('/b', async () => 'b')
    await scope.register(async () => {
      order.push('inner')
    })
    order.push('outer')
  })
  app.get('/c', async () => 'c')
  app.after(() => order.push('after'))
  app.get('/d', async () => 'd')
  await app.after()
  order.push('awaited')
  await app.ready()
  t.strictSame(order, ['inner', 'outer', 'after', 'awaited'])
  for (const path of ['/a', '/b', '/c', '/d']) t.equal((await app.inject(path)).body, path.slice(1))
  await app.close()
})

void t.test('the error of a plugin, and of a route that is there twice, ends the start', async (t) => {
  const broken = appOf()
  broken.get('/a', async () => 'a')
  void broken.register(async () => {
    throw new Error('broken')
  })
  broken.get('/b', async () => 'b')
  await t.rejects(async () => broken.ready(), { message: 'broken' })

  const twice = appOf()
  void twice.register(async (scope) => {
    scope.get('/a', async () => 'a')
    scope.get('/a', async () => 'b')
  })
  await t.rejects(async () => twice.ready(), { code: 'FST_ERR_DUPLICATED_ROUTE' })
})

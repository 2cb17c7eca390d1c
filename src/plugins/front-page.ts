import type { FastifyInstance } from 'fastify'

/**
 * Leads a person who opens the address of the emulator in a browser to the inspector. Every other client that asks for `/` or
 * `/_emulator` gets what the gateway says of unknown paths, so neither is a route.
 */
export function registerFrontPage(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const isFront = request.method === 'GET' && (request.url === '/' || request.url === '/_emulator')
    if (isFront && /\btext\/html\b/.test(request.headers.accept ?? '')) void reply.redirect('/_emulator/')
    else done()
  })
}

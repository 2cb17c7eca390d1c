import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyPluginAsync, FastifyReply } from 'fastify'
import { notFound, show } from '../../base/errors.ts'
import { packageRoot } from '../../base/package.ts'

/** The files of the page, as `scripts/build.js` makes them, with their types. */
const files: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'main.js': 'text/javascript; charset=utf-8',
  'main.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
}

/** Nothing but the page's own files is loaded or run, and no other page frames it. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'"

/** The inspector: a page that shows requests, jobs and worlds. Its files are read when a browser asks for them. */
export const inspectorRoutes: FastifyPluginAsync = async (app) => {
  const schema = { hide: true }

  async function send(name: string, reply: FastifyReply) {
    let bytes: Buffer
    try {
      bytes = await readFile(join(packageRoot, 'dist', 'inspector', name))
    } catch {
      throw notFound('the inspector was not built; `npm run build` makes it', 'unknown-path')
    }
    return reply
      .headers({
        'content-type': files[name]!,
        'content-security-policy': policy,
        'x-content-type-options': 'nosniff',
        // Another version of the emulator may answer here tomorrow.
        'cache-control': 'no-cache',
      })
      .send(bytes)
  }

  app.get('/', { schema, prefixTrailingSlash: 'slash' }, async (_request, reply) => send('index.html', reply))
  app.get<{ Params: { file: string } }>('/inspector/:file', { schema }, async ({ params: { file } }, reply) => {
    if (!Object.hasOwn(files, file)) throw notFound(`the inspector has no file ${show(file)}`, 'unknown-path')
    return send(file, reply)
  })
}

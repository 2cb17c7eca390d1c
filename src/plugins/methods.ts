import { type IncomingMessage, METHODS } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { listOf } from '../base/objects.ts'

/** The methods that a path takes; empty for a path that does not exist. */
export type MethodsOf = (path: string) => ReadonlySet<string>

interface KnownRoute {
  readonly pattern: RegExp
  readonly methods: ReadonlySet<string>
}

/** Watches routes being made; their patterns are compiled when they are first needed. */
export function collectMethods(app: FastifyInstance): MethodsOf {
  const methodsOf = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsOf.get(url) ?? new Set()
    for (const each of listOf(method)) methods.add(each)
    methodsOf.set(url, methods)
  })
  let routes: KnownRoute[] | undefined
  return (path) => {
    routes ??= [...methodsOf].map(([url, methods]) => ({ pattern: patternOf(url), methods }))
    return new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => [...methods]))
  }
}

function patternOf(url: string): RegExp {
  const segments = url.split('/').map((segment) => {
    if (segment === '*') return '.*'
    return segment.startsWith(':') ? '[^/]*' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${segments.join('/')}$`)
}

/** A POST of a form that stands for another request. */
interface Disguise {
  /** True if the fields of the form are the query of a GET; otherwise the form is read and dropped. */
  readonly isQuery: boolean
  /** True for a method that no path takes, and that the router fails at; the request stays a POST. */
  readonly isUnknown: boolean
}

const disguises = new WeakMap<IncomingMessage, Disguise>()

/** Tells what a POST of a form stands for, if it stands for another request. */
export const disguiseOf = (request: IncomingMessage): Disguise | undefined => disguises.get(request)

/**
 * Gives a POST the method that it stands for, as grpc-gateway does for exactly the type of a form (measured): the one of
 * `X-HTTP-Method-Override`, or GET if the path takes no POST.
 *
 * @param url by which its route is found
 * @param methodsOf the methods that a path takes
 */
export function undisguise(request: IncomingMessage, url: string, methodsOf: MethodsOf): void {
  const { headers, method } = request
  if (method !== 'POST' || headers['content-type'] !== 'application/x-www-form-urlencoded') return
  const path = url.split('?', 1)[0]!
  if (!path.startsWith('/v1/')) return
  const override = headers['x-http-method-override']
  const methods = methodsOf(path)
  const meant =
    typeof override === 'string' && override !== ''
      ? override.toUpperCase()
      : !methods.has('POST') && methods.has('GET')
        ? 'GET'
        : undefined
  if (meant === undefined) return
  const isUnknown = !METHODS.includes(meant)
  if (!isUnknown) request.method = meant
  disguises.set(request, { isQuery: meant === 'GET', isUnknown })
}

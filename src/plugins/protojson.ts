import type { TSchema } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import { dataSourceTypes } from '../../schemas/datasource.ts'
import { maskedUrl } from '../control/masking.ts'
import { invalidArgument } from '../base/errors.ts'
import { parseJson } from '../wire/json.ts'
import { compileDecoder, describeUnknown, type UnknownField } from '../wire/decode.ts'
import { compileQueryDecoder } from '../wire/decode-query.ts'
import { compileOmitUnset } from '../wire/omit-unset.ts'

/** Tells if a route belongs to the emulator's own API. */
const isControl = (url: string): boolean => url.startsWith('/_emulator/')

export interface ProtoJsonOptions {
  /** Refuse fields that a message does not have, instead of ignoring them. */
  readonly strict: boolean
  /** Leave unset fields out of answers. */
  readonly omitUnset: boolean
}

/**
 * Does what grpc-gateway does around a handler: bodies are JSON whatever their type says, and are brought to canonical form by the
 * schema of the route. Fastify's own coercion and stripping take no part in it.
 */
export function registerProtoJson(app: FastifyInstance, { strict, omitUnset }: ProtoJsonOptions): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    request.exchange.sentBody = body as Buffer
    try {
      done(null, parseJson(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })

  // Fastify refuses a type that it cannot read before it looks for a parser.
  app.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request
    if (headers['content-type'] !== undefined) headers['content-type'] = 'application/json'
    done()
  })

  /** Unknown fields of a body or query, by its decoded value: a validator does not know its request. */
  const unknownFields = new WeakMap<object, readonly UnknownField[]>()
  app.addHook('preHandler', (request, _reply, done) => {
    for (const part of [request.body, request.query]) {
      const unknown = typeof part === 'object' && part !== null ? unknownFields.get(part) : undefined
      if (unknown === undefined) continue
      request.exchange.unknownFields = [...request.exchange.unknownFields, ...unknown]
      request.log.warn(`${request.method} ${maskedUrl(request.url)}: ignored unknown ${describeUnknown(unknown)}`)
    }
    done()
  })

  app.setValidatorCompiler<TSchema>(({ schema, httpPart, url = '' }) => {
    // The emulator's own API is nobody's legacy: what it does not know is a mistake.
    const refuses = strict || isControl(url)
    if (httpPart === 'params') return (value: unknown) => ({ value })
    const decode = httpPart === 'querystring' ? compileQueryDecoder(schema) : compileDecoder(schema, dataSourceTypes)
    return (value: unknown) => {
      const unknown: UnknownField[] = []
      try {
        const decoded = decode(value, unknown)
        if (unknown.length > 0) {
          if (refuses) throw invalidArgument(`unknown ${describeUnknown(unknown)}`, 'strict-mode')
          if (typeof decoded === 'object' && decoded !== null) unknownFields.set(decoded, unknown)
        }
        return { value: decoded }
      } catch (error) {
        return { error: error as Error }
      }
    }
  })

  // Answers are made field by field by functions whose types are the response schemas, so nothing is left for a compiled
  // serializer to check or strip; compiling one per route would only cost start-up time.
  app.setSerializerCompiler(({ schema, url = '' }) => {
    // The setting is about the service's answers; clients of the emulator's own API rely on all fields.
    if (!omitUnset || isControl(url)) return JSON.stringify
    const omit = compileOmitUnset(schema as TSchema)
    return (value: unknown) => JSON.stringify(omit(value))
  })

  // Fastify adds a charset to every JSON answer; the gateway did not.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (reply.getHeader('content-type') === 'application/json; charset=utf-8')
      reply.header('content-type', 'application/json')
    done(null, payload)
  })
}

import type { TSchema } from '@sinclair/typebox'
import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'
import { dataSourceTypes } from '../../schemas/datasource.ts'
import { maskedUrl } from '../control/masking.ts'
import { type ApiError, invalidArgument } from '../base/errors.ts'
import { compileDecoder, type Decode } from '../wire/decode.ts'
import { compileQueryDecoder, type DecodeQuery, parseForm } from '../wire/decode-query.ts'
import { compileEncoder } from '../wire/encode.ts'
import { answerOf2023, type Era, schemaOf2023 } from '../wire/era-2023.ts'
import { compileOmitUnset } from '../wire/omit-unset.ts'
import { dropUnreadableOrder } from '../wire/paging.ts'
import { describeUnknown, type UnknownField } from '../wire/unknown-fields.ts'
import { BodyTooLarge, readBody } from './bodies.ts'
import { disguiseOf } from './methods.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Bytes of a body at most; absent: those of any message. */
    bodyLimit?: number
    /** The fields that the list can be ordered by. */
    orderBy?: readonly string[]
    /** The handler reads the body itself, as the fields of its query may come in it. */
    readsForm?: boolean
  }
}

/** Tells if a route belongs to the emulator's own API. */
const isControl = (url: string): boolean => url.startsWith('/_emulator/')

export interface ProtoJsonOptions {
  /** Refuse what a message does not have or the service does not read, instead of ignoring it. */
  readonly strict: boolean
  /** Leave unset fields out of answers. */
  readonly omitUnset: boolean
  /** Whose answers clients get. */
  readonly era: Era
}

/** The raw query of the URL; decoded by the schema of its route. */
interface QueryText {
  text: string
}

/** The parser of queries for `fastify()`: it leaves them as they are, to be decoded with the rest of the message. */
export const keepQuery = (text: string): { text: string } => ({ text })

/** How the parts of one route's requests are decoded; a part without a schema is left unread. */
interface Decoders {
  readonly body: Decode | undefined
  readonly query: DecodeQuery | undefined
}

/**
 * Does what grpc-gateway does around a handler: bodies are JSON whatever their type says, and are brought to canonical form by the
 * schema of the route. Fastify's own coercion, validation and stripping take no part in it.
 */
export function registerProtoJson(app: FastifyInstance, { strict, omitUnset, era }: ProtoJsonOptions): void {
  app.removeAllContentTypeParsers()
  // The hook below gives every body with a type the first of these; a body without one is read by the second.
  app.addContentTypeParser(['application/json', '*'], (request: FastifyRequest, payload, done) => {
    readBody(
      payload,
      (error, body) => {
        request.exchange.sentBody = body
        // Where no message is made of the body, its length is no fault.
        if (error instanceof BodyTooLarge && error.hasEnded && !readsBody(request)) done(null, undefined)
        else done(error, body)
      },
      request.route.config.bodyLimit,
    )
  })

  // Fastify refuses a type that it cannot read before it looks for a parser.
  app.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request
    if (headers['content-type'] !== undefined) headers['content-type'] = 'application/json'
    done()
  })

  app.addHook('preValidation', readForm)

  const compiled = new WeakMap<FastifySchema, Decoders>()
  const decodersOf = ({ route: { schema = {}, url = '' } }: FastifyRequest): Decoders => {
    let decoders = compiled.get(schema)
    if (decoders === undefined) {
      const { body, querystring } = schema as { body?: TSchema; querystring?: TSchema }
      decoders = {
        body: body && compileDecoder(body, dataSourceTypes, pathFields(url)),
        query: querystring && compileQueryDecoder(querystring),
      }
      compiled.set(schema, decoders)
    }
    return decoders
  }

  app.setValidatorCompiler(() => () => true)
  app.addHook('preHandler', (request, _reply, done) => {
    try {
      const { body, query } = decodersOf(request)
      const unknown: UnknownField[] = []
      const { url = '' } = request.route
      // What is read as a stream, as a file is, comes as one.
      const isRead = request.body === undefined || Buffer.isBuffer(request.body)
      if (body !== undefined && isRead) request.body = body(sentBody(request), unknown)
      else if (!isControl(url) && request.route.config.readsForm !== true) noteUnread(request, unknown)
      if (query !== undefined) request.query = query((request.query as QueryText).text, unknown)
      const { orderBy } = request.route.config
      if (orderBy !== undefined && !strict) {
        const list = (query === undefined ? request.body : request.query) as { orderBy?: string }
        dropUnreadableOrder(list, orderBy, unknown)
      }
      if (unknown.length > 0) noteUnknown(request, unknown, strict || isControl(url))
      done()
    } catch (error) {
      done(error as Error)
    }
  })

  // Answers are made field by field by functions whose types are the response schemas, so a compiled serializer would have
  // nothing to check or strip. An encoder is made for the first answer of a route, to keep the start short.
  app.setSerializerCompiler(({ schema, url = '' }) => {
    // `--unset` and `--era` change the service's answers; clients of the control API rely on all fields.
    if (isControl(url)) return JSON.stringify
    let encode: ((value: unknown) => string) | undefined
    return (value: unknown) => (encode ??= encoderOf(schema as TSchema))(value)
  })

  function encoderOf(schema: TSchema): (value: unknown) => string {
    const answered = era === '2023' ? (schemaOf2023(schema) ?? schema) : schema
    const encode = compileEncoder(answered)
    const turn = era === '2023' ? answerOf2023 : undefined
    const omit = omitUnset ? compileOmitUnset(answered) : undefined
    if (turn === undefined && omit === undefined) return encode
    return (value) => {
      const turned = turn === undefined ? value : turn(value)
      return encode(omit === undefined ? turned : omit(turned))
    }
  }

  // Fastify adds a charset to every JSON answer; the gateway did not.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (reply.getHeader('content-type') === 'application/json; charset=utf-8')
      reply.header('content-type', 'application/json')
    done(null, payload)
  })
}

/** GET has no body to Fastify, but one that was sent as a POST of a form brings its fields in it. */
function readForm(request: FastifyRequest, _reply: unknown, done: (error?: Error) => void): void {
  if (disguiseOf(request.raw)?.isQuery !== true) return done()
  readBody(request.raw, (error, body) => {
    if (body === undefined) return done(error!)
    request.exchange.sentBody = body
    const query = request.query as QueryText
    query.text = [body.toString('latin1'), query.text].filter((text) => text !== '').join('&')
    try {
      // A form is read before it is asked if the operation has any use for it.
      parseForm(query.text)
      done()
    } catch (fault) {
      done(fault as Error)
    }
  })
}

/** The body to decode: a form that stands for another method is dropped before that method's body is read. */
const sentBody = ({ raw, body }: FastifyRequest): Buffer | undefined =>
  disguiseOf(raw) === undefined ? (body as Buffer | undefined) : undefined

/** The fields that the path sets in a message that is the whole body, and not a part of the request as in these three. */
const pathFields = (url: string): string[] =>
  /\/(params|jobname|configs)$/.test(url) ? [] : [...url.matchAll(/:(\w+)/g)].map(([, name]) => name!)

const readsBody = ({ is404, route: { schema, config } }: FastifyRequest): boolean =>
  !is404 && (schema?.body !== undefined || config.readsForm === true)

/** Notes a body if the operation has none. An empty message says nothing. */
function noteUnread({ raw, exchange: { sentBody: body } }: FastifyRequest, unknown: UnknownField[]): void {
  if (body === undefined || body.length === 0 || disguiseOf(raw) !== undefined) return
  if (body.length > 16 || !/^\s*(\{\s*\}|null)?\s*$/.test(body.toString('latin1'))) {
    unknown.push({ path: 'request body', suggestion: undefined, note: 'this operation does not read one' })
  }
}

function noteUnknown(request: FastifyRequest, unknown: readonly UnknownField[], refuses: boolean): void {
  if (refuses) throw refusal(unknown)
  const ignored = unknown.filter(({ isLenient = false }) => !isLenient)
  if (ignored.length === 0) return
  request.exchange.unknownFields = ignored
  request.log.warn(`${request.method} ${maskedUrl(request.originalUrl)}: ignored ${describeUnknown(ignored)}`)
}

/** In the control API and in strict mode, unknown fields are errors. */
const refusal = (unknown: readonly UnknownField[]): ApiError => invalidArgument(describeUnknown(unknown), 'strict-mode')

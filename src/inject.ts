/** A request without a socket. */
export interface InjectRequest {
  /** Absent: GET. */
  readonly method?: 'DELETE' | 'GET' | 'HEAD' | 'OPTIONS' | 'PATCH' | 'POST' | 'PUT'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | string[]>>
  /** Sent as JSON, unless it is a text or bytes. */
  readonly payload?: string | object | Buffer | NodeJS.ReadableStream
}

/** Its answer. */
export interface InjectResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, number | string | string[] | undefined>>
  /** The body as text. */
  readonly payload: string
  readonly body: string
  readonly rawPayload: Buffer
  // As untyped as the body of `fetch`: it is read in the words of the API.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  json<Body = any>(): Body
}

/**
 * Sends a request to the emulator without a socket, as Fastify's `inject` does. Declared here, so that whoever uses the package
 * need not have the types of Fastify.
 *
 * @param request a path stands for a GET of it
 */
export type Inject = (request: InjectRequest | string) => Promise<InjectResponse>

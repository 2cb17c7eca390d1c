import type { ErrorGround } from './error-rows.ts'

/**
 * The catalogue of errors. Every answer that is not a success carries the vendor's rpcStatus body
 * `{code, message, details: []}`; `code` is a gRPC code and decides the HTTP status, as in grpc-gateway.
 */
export const errorCatalogue = {
  unknown: {
    code: 2,
    status: 500,
    meaning: 'the service failed in an unforeseen way, or the job has not yet been completed',
  },
  invalidArgument: { code: 3, status: 400, meaning: 'bad JSON, a wrong type, a missing or invalid value' },
  deadlineExceeded: { code: 4, status: 504, meaning: 'the timeout in `Grpc-Timeout` has passed' },
  notFound: { code: 5, status: 404, meaning: 'unknown path, job or template' },
  alreadyExists: { code: 6, status: 409, meaning: 'a world of that name exists already' },
  permissionDenied: {
    code: 7,
    status: 403,
    meaning: 'the key has no permission, the job belongs to another account, or a foreign web page sent the request',
  },
  resourceExhausted: { code: 8, status: 429, meaning: 'too many requests; see `Retry-After`' },
  bodyTooLarge: { code: 8, status: 429, meaning: 'the request body is larger than 4 MiB' },
  failedPrecondition: { code: 9, status: 400, meaning: 'not possible in the present state of the job' },
  preconditionFailed: { code: 9, status: 412, meaning: 'the file is not the version that the request names' },
  outOfRange: { code: 11, status: 416, meaning: 'the requested range starts beyond the end of the file' },
  unimplemented: { code: 12, status: 501, meaning: 'wrong method for this path, or not part of the emulator' },
  internal: { code: 13, status: 500, meaning: 'the emulator could not store or read its data' },
  unavailable: { code: 14, status: 503, meaning: 'temporarily unavailable; see `Retry-After`' },
  unauthenticated: { code: 16, status: 401, meaning: 'missing, wrong, expired or revoked credentials' },
} as const

export type ErrorName = keyof typeof errorCatalogue

/** Details of an error that few errors have. */
export interface ApiErrorOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly ground?: ErrorGround | undefined
}

/** An error that a client is meant to see. Anything else that is thrown becomes 500 with code 13, without its text. */
export class ApiError extends Error {
  readonly kind: ErrorName
  readonly headers: Readonly<Record<string, string>>
  /** The row of the fidelity table that explains it, if its operation has several errors of this kind. */
  readonly ground: ErrorGround | undefined

  constructor(kind: ErrorName, message: string, { headers = {}, ground }: ApiErrorOptions = {}) {
    super(message)
    this.name = 'ApiError'
    this.kind = kind
    this.ground = ground
    // grpc-gateway repeats the message of a 401 in this header; header text is limited to visible ASCII.
    this.headers =
      kind === 'unauthenticated' ? { 'www-authenticate': message.replace(/[^\x20-\x7e]/g, '?'), ...headers } : headers
  }

  /** The gRPC code in the body. */
  get grpcCode(): number {
    return errorCatalogue[this.kind].code
  }

  get httpStatus(): number {
    return errorCatalogue[this.kind].status
  }
}

/** 400, code 3: says which field, which value, and what would have been right. */
export const invalidArgument = (message: string, ground?: ErrorGround): ApiError =>
  new ApiError('invalidArgument', message, { ground })

/** 400, code 9: the request is fine, the job is not in a state for it. */
export const failedPrecondition = (message: string, ground?: ErrorGround): ApiError =>
  new ApiError('failedPrecondition', message, { ground })

/** 409, code 6. */
export const alreadyExists = (message: string): ApiError => new ApiError('alreadyExists', message)

/** 401, code 16, with `WWW-Authenticate`. */
export const unauthenticated = (message: string, ground?: ErrorGround): ApiError =>
  new ApiError('unauthenticated', message, { ground })

/** The message for an expired token. */
export const tokenExpired = 'token is expired: exchange the API key again at /v1/auth/access_token'

/** 403, code 7. */
export const permissionDenied = (message: string, ground?: ErrorGround): ApiError =>
  new ApiError('permissionDenied', message, { ground })

/** 404, code 5. */
export const notFound = (message: string, ground?: ErrorGround): ApiError =>
  new ApiError('notFound', message, { ground })

/** A value as an error message may show it: JSON if it can be written so, cut to a readable length. */
export function show(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch {
    // A bigint, or an object that holds itself.
  }
  text ??= String(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

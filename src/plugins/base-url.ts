import type { FastifyInstance, FastifyRequest } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** The URL that links in answers begin with, without a slash at the end. */
    readonly baseUrl: string
  }
}

/** Lets links in answers lead back to where the client found the emulator, or to the address that `--public-url` gives. */
export function registerBaseUrl(app: FastifyInstance, publicUrl: string | undefined): void {
  app.decorateRequest('baseUrl', {
    getter(this: FastifyRequest) {
      return publicUrl ?? `${this.protocol}://${this.host}`
    },
  })
}

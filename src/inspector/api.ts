/** The emulator said no, or was not there. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/**
 * Asks the emulator that served this page.
 *
 * @param key the API key to send; absent for the control API, which asks for none
 * @throws Refused with the emulator's own sentence; status 0 if it cannot be reached
 */
export async function ask<Answer>(
  method: string,
  path: string,
  body?: unknown,
  key?: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: {
        ...more,
        ...(key === undefined ? {} : { authorization: key }),
        ...(body === undefined || body instanceof Blob ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: body instanceof Blob ? body : JSON.stringify(body) }),
    })
  } catch {
    throw new Refused(0, 'The emulator does not answer. Is it still running?')
  }
  const text = await response.text()
  let answer: unknown = text
  try {
    answer = text === '' ? undefined : JSON.parse(text)
  } catch {
    // Files and links to storage answer with something else.
  }
  if (!response.ok) {
    const message = (answer as { message?: unknown } | undefined)?.message
    throw new Refused(response.status, typeof message === 'string' ? message : `${method} ${path}: ${response.status}`)
  }
  return answer as Answer
}

/** `ask` of the service as a client sees it, without being noted as one, moving a job that counts reads, or meeting a fault. */
export const watch = async <Answer>(method: string, path: string, key: string, body?: unknown): Promise<Answer> =>
  ask<Answer>(method, path, body, key, { 'x-emulator-watch': 'true' })

/** The control API of a world. */
export const worldPath = (world: string, rest = ''): string => `/_emulator/worlds/${encodeURIComponent(world)}${rest}`

/** The key of a world, for an account of it. */
export const keyOf = (world: string, persona = 'owner'): string =>
  persona === 'owner' ? `test_${world}` : `test_${world}:${persona}`

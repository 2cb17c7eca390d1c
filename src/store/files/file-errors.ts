import { ApiError } from '../../base/errors.ts'

const problems: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk quota is used up',
  EACCES: 'its directory cannot be written to',
  EROFS: 'its directory cannot be written to',
  EIO: 'its disk is failing',
  EMFILE: 'too many files are open',
}

/** Turns the error of a failing disk into one for clients: 500, code 13, with the reason (chosen). Other errors stay as they are. */
export function failureOf(error: unknown): unknown {
  const problem = problems[(error as { code?: string }).code ?? '']
  return problem === undefined ? error : new ApiError('internal', `the emulator could not store this: ${problem}`)
}

/** The result of a read, or undefined if the file does not exist. */
export async function unlessMissing<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read()
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw failureOf(error)
  }
}

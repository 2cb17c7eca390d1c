import { ApiError } from '../../base/errors.ts'

const problems: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk quota is used up',
  EACCES: 'its directory cannot be written to',
  EROFS: 'its directory cannot be written to',
  EIO: 'its disk is failing',
  EMFILE: 'too many files are open',
}

/** What a client is told about a disk that fails: 500, code 13, and why (chosen). Other errors stay as they are. */
export function failureOf(error: unknown): unknown {
  const problem = problems[(error as { code?: string }).code ?? '']
  return problem === undefined ? error : new ApiError('internal', `the emulator could not store this: ${problem}`)
}

/** What was read, or undefined where it is not there. */
export async function unlessMissing<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read()
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw failureOf(error)
  }
}

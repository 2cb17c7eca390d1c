import { ApiError } from '../base/errors.ts'

const problems: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk quota is used up',
  EACCES: 'its directory cannot be written to',
  EROFS: 'its directory cannot be written to',
  EPERM: 'its directory cannot be written to',
  ENOTDIR: 'there is a file in place of a folder of its data directory',
  EIO: 'its disk is failing',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  SQLITE_FULL: 'its disk is full or failing',
  SQLITE_IOERR: 'its disk is full or failing',
  SQLITE_READONLY: 'its database cannot be written to',
  SQLITE_CANTOPEN: 'its database cannot be opened',
  SQLITE_CORRUPT: 'its database is damaged; move it away, or choose another --data directory, and start again',
  SQLITE_NOTADB: 'its database is damaged; move it away, or choose another --data directory, and start again',
}

/**
 * Turns the error of a failing disk or a damaged database into one for clients: 500, code 13, with the reason (chosen). Other
 * errors stay as they are.
 */
export function failureOf(error: unknown): unknown {
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string') return error
  // SQLITE_IOERR_WRITE, SQLITE_CORRUPT_INDEX and the like are of one kind.
  const problem = problems[code] ?? problems[code.split('_', 2).join('_')]
  return problem === undefined ? error : notStored(problem)
}

/** The error of an act that is not done, for a reason that lies outside of it. */
export const notStored = (problem: string): ApiError =>
  new ApiError('internal', `the emulator could not store this: ${problem}; nothing was changed`)

/** The result of a read, or undefined if the file does not exist. */
export async function unlessMissing<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read()
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined
    throw failureOf(error)
  }
}

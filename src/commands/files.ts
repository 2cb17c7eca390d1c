import { whyNotRead, whyNotWritten } from '../base/file-problems.ts'

/** Describes for people why a file that they named cannot be written. */
export const notWritten = (file: string, error: unknown): Error =>
  new Error(`cannot write ${file}: ${whyNotWritten(error)}`, { cause: error })

/** Describes for people why a file that they named cannot be read. */
export const notRead = (file: string, error: unknown): Error =>
  new Error(`cannot read ${file}: ${whyNotRead(error)}`, { cause: error })

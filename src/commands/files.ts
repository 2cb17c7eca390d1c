/** Describes for people why a file that they named cannot be written. */
export const notWritten = (file: string, error: unknown): Error =>
  new Error(`cannot write ${file}: ${reasonOf(error, 'its folder does not exist')}`, { cause: error })

/** Describes for people why a file that they named cannot be read. */
export const notRead = (file: string, error: unknown): Error =>
  new Error(`cannot read ${file}: ${reasonOf(error, 'it does not exist')}`, { cause: error })

const reasons: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder',
  ENOTDIR: 'it lies below a file',
  EEXIST: 'it is there already',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
}

function reasonOf(error: unknown, missing: string): string {
  const { code = '', message } = error as { code?: string; message: string }
  return code === 'ENOENT' ? missing : (reasons[code] ?? message)
}

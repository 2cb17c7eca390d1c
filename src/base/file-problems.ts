const reasons: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder',
  ENOTDIR: 'it lies below a file',
  EEXIST: 'it is there already',
  EACCES: 'it is not allowed to you',
  EPERM: 'it is not allowed to you',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
}

/** Says why a file that somebody named cannot be written, as the end of a sentence. */
export const whyNotWritten = (error: unknown): string => reasonOf(error, 'its folder does not exist')

/** Says why a file that somebody named cannot be read, as the end of a sentence. */
export const whyNotRead = (error: unknown): string => reasonOf(error, 'it does not exist')

function reasonOf(error: unknown, missing: string): string {
  const { code = '', message } = error as { code?: string; message: string }
  return code === 'ENOENT' ? missing : (reasons[code] ?? message)
}

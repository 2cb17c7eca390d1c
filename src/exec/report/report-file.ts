import { writeFile } from 'node:fs/promises'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  EACCES: 'it is not allowed to you',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
}

/**
 * Writes what --report-file asks for.
 *
 * @throws Error that names the file, if it cannot be written
 */
export async function writeReport(file: string, report: object | string): Promise<void> {
  try {
    await writeFile(file, typeof report === 'string' ? report : `${JSON.stringify(report, null, 2)}\n`)
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    const why = reasons[code ?? ''] ?? message
    throw new Error(`--report-file ${JSON.stringify(file)} cannot be written: ${why}`, { cause: error })
  }
}

import { writeFile } from 'node:fs/promises'
import { whyNotWritten } from '../../base/file-problems.ts'

/**
 * Writes what --report-file asks for.
 *
 * @throws Error that names the file, if it cannot be written
 */
export async function writeReport(file: string, report: object | string): Promise<void> {
  try {
    await writeFile(file, typeof report === 'string' ? report : `${JSON.stringify(report, null, 2)}\n`)
  } catch (error) {
    throw new Error(`--report-file ${JSON.stringify(file)} cannot be written: ${whyNotWritten(error)}`, {
      cause: error,
    })
  }
}

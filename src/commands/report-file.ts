import { writeFile } from 'node:fs/promises'

/**
 * Writes what --report-file asks for.
 *
 * @throws Error that names the file, where it cannot be written
 */
export async function writeReport(file: string, report: object): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
  } catch (error) {
    throw new Error(`--report-file ${JSON.stringify(file)} cannot be written: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

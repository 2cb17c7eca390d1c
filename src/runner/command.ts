import { extname, join } from 'node:path'

/**
 * The command that starts a block, by the extension of its entrypoint; a file of another kind is started itself.
 *
 * @param code folder with the block's code
 * @param python interpreter of Python
 */
export function commandOf(code: string, entrypoint: string, python: string): string[] {
  const file = join(code, entrypoint)
  switch (extname(entrypoint)) {
    case '.py':
      return [python, file]
    case '.js':
    case '.mjs':
    case '.cjs':
      return [process.execPath, file]
    case '.sh':
      return ['sh', file]
    default:
      return [file]
  }
}

// Pages that a reader pastes from top to bottom. Their commands run as they are, in one shell; what the pages show of the output
// comes true, where `…` stands for any text.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { packageRoot } from '../../src/base/package.ts'
import { settings } from '../../src/settings/settings.ts'
import { read, walkedPages } from '../documents.ts'
import { emulator } from '../emulator.ts'

const base = `http://${settings.host.default}:${settings.port.default}`

const program = `'${process.execPath}' '${join(packageRoot, 'dist', 'cli.js')}'`

/** The fenced blocks of a page in one language. */
const blocksOf = (page: string, language: string): string[] =>
  [...read(page).matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map((match) => match[1]!)

/** What the commands print, and their exit code; stops at the first that fails. */
const runAll = (commands: string, cwd: string, port: string): Promise<{ code: number; output: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, NODE_OPTIONS: '', no_proxy: '127.0.0.1', BYTENITE_EMULATOR_PORT: port }
    execFile('sh', ['-euc', `exec 2>&1\n${commands}`], { cwd, env }, (error, output) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output }),
    )
  })

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

for (const page of walkedPages) {
  void t.test(page, async (t) => {
    const { url } = await emulator(t)
    // What installs and starts the emulator is done here by other means.
    const blocks = blocksOf(page, 'sh').filter((block) => !/^npm /.test(block))
    const commands = blocks.join('\n').replaceAll(base, url).replaceAll('npx bytenite-emulator', program)
    const { code, output } = await runAll(commands.replaceAll('curl ', 'curl --fail '), t.testdir(), new URL(url).port)
    t.equal(code, 0, output)
    const lines = output.split('\n')
    for (const shown of blocksOf(page, 'text').flatMap((block) => block.trimEnd().split('\n'))) {
      const pattern = new RegExp(`^${shown.split('…').map(literally).join('.*')}$`)
      t.ok(
        lines.some((line) => pattern.test(line)),
        `${shown}\n${output}`,
      )
    }
  })
}

// Programs written after the vendor's guides, with its host in them, run as they are.
import { join } from 'node:path'
import t from 'tap'
import { execute, works } from '../program.ts'

const noCurl = works('curl', '--version') ? false : 'curl is not installed'
const noRequests = works('python3', '-c', 'import requests') ? false : 'Python or its module requests is not installed'

const clients: readonly (readonly [command: readonly string[], skip: string | false])[] = [
  [[process.execPath, 'node-fetch.mjs'], false],
  [[process.execPath, 'node-axios.mjs', 'http'], false],
  [[process.execPath, 'node-axios.mjs', 'https'], false],
  [['python3', 'python-requests.py'], noRequests],
  [['sh', 'curl.sh'], noCurl],
]

for (const [[interpreter = '', file = '', ...args], skip] of clients) {
  void t.test([file, ...args].join(' '), { skip }, async (t) => {
    const command = [interpreter, join(import.meta.dirname, 'clients', file), ...args]
    const program = execute(t, command, { flags: ['--offline', '--pace', '0s'] })
    t.strictSame(await program.exit, { code: 0, signal: null }, program.stderr())
    t.equal(program.stdout(), 'hello_world_processed.txt: hello, world\n')
    t.equal(program.stderr(), '', 'nothing was refused, and nothing is left to say')
  })
}

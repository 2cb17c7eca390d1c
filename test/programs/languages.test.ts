// Programs in other languages with the vendor's host written into them, led to the emulator by `exec`; each prints the status of
// its answer. On a machine without a language its test is skipped, CI installs all of them.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { output, works } from '../program.ts'

const url = 'https://api.bytenite.com/v1/customer/jobs'

interface Language {
  readonly name: string
  /** Tells if it is there. */
  readonly probe: readonly string[]
  readonly file: string
  readonly code: string
  /** Starts the file, whose name is put behind it. */
  readonly command: readonly string[]
}

// Libraries of the system belong to the interpreter of the system.
const interpreter = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'

const python = (library: string, code: string): Language => ({
  name: `Python: ${library}`,
  probe: [interpreter, '-c', `import ${library}`],
  file: `use_${library}.py`,
  code: `import ${library}\nheaders = {'Authorization': 'key'}\n${code}\n`,
  command: [interpreter],
})

const node = (library: string, code: string): Language => ({
  name: `Node.js: ${library}`,
  probe: [process.execPath, '--version'],
  file: `use-${library}.mjs`,
  code: `const headers = { authorization: 'key' }\n${code}`,
  command: [process.execPath],
})

const languages: readonly Language[] = [
  node('fetch', `console.log((await fetch('${url}', { headers })).status)`),
  node(
    'https',
    `import { get } from 'node:https'\nget('${url}', { headers }, (answer) => { console.log(answer.statusCode); answer.resume() })`,
  ),
  python('requests', `print(requests.get('${url}', headers=headers).status_code)`),
  python(
    'requests',
    `s = requests.Session()\ns.trust_env = False\nprint(s.get('${url}', headers=headers).status_code)`,
  ),
  python('httpx', `print(httpx.get('${url}', headers=headers).status_code)`),
  python('httpx', `print(httpx.Client(trust_env=False).get('${url}', headers=headers).status_code)`),
  python('urllib3', `print(urllib3.PoolManager().request('GET', '${url}', headers=headers).status)`),
  python(
    'aiohttp',
    `import asyncio
async def main():
    async with aiohttp.ClientSession() as session:
        async with session.get('${url}', headers=headers) as response:
            print(response.status)
asyncio.run(main())`,
  ),
  python(
    'http.client',
    `c = http.client.HTTPSConnection('api.bytenite.com')\nc.request('GET', '/v1/customer/jobs', headers=headers)\nprint(c.getresponse().status)`,
  ),
  {
    name: 'curl',
    probe: ['curl', '--version'],
    file: 'use-curl.sh',
    code: `curl -sS -o /dev/null -w '%{http_code}\\n' -H 'Authorization: key' ${url}`,
    command: ['sh'],
  },
  {
    name: 'wget',
    probe: ['wget', '--version'],
    file: 'use-wget.sh',
    code: `wget -S -O /dev/null --header='Authorization: key' ${url} 2>&1 | sed -n 's/.*HTTP\\/1.1 \\(200\\) .*/\\1/p' | tail -n 1`,
    command: ['sh'],
  },
  {
    name: 'Go',
    probe: ['go', 'version'],
    file: 'main.go',
    code: `package main

import (
	"fmt"
	"net/http"
)

func main() {
	request, _ := http.NewRequest("GET", "${url}", nil)
	request.Header.Set("Authorization", "key")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	fmt.Println(response.StatusCode)
}
`,
    command: ['go', 'run'],
  },
  {
    name: 'Ruby',
    probe: ['ruby', '--version'],
    file: 'use.rb',
    code: `require 'net/http'
uri = URI('${url}')
puts Net::HTTP.get_response(uri, { 'Authorization' => 'key' }).code
`,
    command: ['ruby'],
  },
  {
    name: 'PHP',
    probe: ['php', '-r', 'exit(function_exists("curl_init") ? 0 : 1);'],
    file: 'use.php',
    code: `<?php
$curl = curl_init('${url}');
curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_HTTPHEADER => ['Authorization: key']]);
curl_exec($curl);
echo curl_getinfo($curl, CURLINFO_RESPONSE_CODE), "\\n", curl_error($curl);
`,
    command: ['php'],
  },
]

for (const [index, { name, probe, file, code, command }] of languages.entries()) {
  const [program, ...args] = probe
  const skip = works(program!, ...args) ? false : `${probe.slice(0, 3).join(' ')}: it is not here`
  void t.test(name, { skip }, async (t) => {
    const folder = join(t.testdir(), String(index))
    mkdirSync(folder)
    writeFileSync(join(folder, file), code)
    const env = { HOME: process.env['HOME'] ?? folder }
    t.equal(await output(t, [...command, join(folder, file)], { env }), '200\n')
  })
}

// Python under `exec`: clients that pay no heed to proxy variables.
import { join } from 'node:path'
import t from 'tap'
import { execute, works } from '../program.ts'

const has = (module: string): boolean => works('python3', '-c', `import ${module}`)

const path = '/v1/customer/jobs'
const headers = "{'authorization': 'a key of the service'}"

const clients: readonly (readonly [module: string, script: string])[] = [
  [
    'http.client',
    `import http.client
c = http.client.HTTPSConnection('api.bytenite.com')
c.request('GET', '${path}', headers=${headers})
print(c.getresponse().status)`,
  ],
  [
    'http.client',
    `import http.client
c = http.client.HTTPConnection('api.bytenite.com')
c.request('GET', '${path}', headers=${headers})
print(c.getresponse().status)`,
  ],
  [
    'asyncio',
    `import asyncio, ssl
async def main():
    reader, writer = await asyncio.open_connection('api.bytenite.com', 443, ssl=ssl.create_default_context())
    writer.write(b'GET ${path} HTTP/1.1\\r\\nHost: api.bytenite.com\\r\\nAuthorization: k\\r\\nConnection: close\\r\\n\\r\\n')
    print(int((await reader.readline()).split()[1]))
    writer.close()
asyncio.run(main())`,
  ],
  [
    'urllib3',
    `import urllib3\nprint(urllib3.PoolManager().request('GET', 'https://api.bytenite.com${path}', headers=${headers}).status)`,
  ],
  [
    'requests',
    `import requests
s = requests.Session()
s.trust_env = False
print(s.get('https://api.bytenite.com${path}', headers=${headers}).status_code)`,
  ],
  [
    'httpx',
    `import httpx\nprint(httpx.Client(trust_env=False).get('https://api.bytenite.com${path}', headers=${headers}).status_code)`,
  ],
  [
    'aiohttp',
    `import aiohttp, asyncio
async def main():
    async with aiohttp.ClientSession() as s:
        async with s.get('https://api.bytenite.com${path}', headers=${headers}) as r:
            print(r.status)
asyncio.run(main())`,
  ],
]

for (const [module, script] of clients) {
  const skip = has(module) ? false : `Python or its module ${module} is not installed`
  void t.test(`${module}: ${script.split('\n', 2)[1]}`, { skip }, async (t) => {
    const program = execute(t, ['python3', '-c', script], { flags: ['--offline'] })
    t.strictSame(await program.exit, { code: 0, signal: null }, program.stderr())
    t.equal(program.stdout(), '200\n')
  })
}

const noPython = works('python3', '--version') ? false : 'Python is not installed'

void t.test('a sitecustomize and a PYTHONPATH of the user count as before', { skip: noPython }, async (t) => {
  const dir = t.testdir({ 'sitecustomize.py': "print('mine')", 'other.py': "name = 'other'" })
  const program = execute(
    t,
    ['python3', '-c', 'import other, sitecustomize; print(other.name, sitecustomize.__file__)'],
    {
      env: { PYTHONPATH: dir },
    },
  )
  t.equal((await program.exit).code, 0, program.stderr())
  t.equal(program.stdout(), `mine\nother ${join(dir, 'sitecustomize.py')}\n`)
})

void t.test('with --offline nothing else is reached', { skip: noPython }, async (t) => {
  const script = `import socket
try:
    socket.create_connection(('192.0.2.1', 443))
except ConnectionRefusedError as error:
    print(error)`
  const program = execute(t, ['python3', '-c', script], { flags: ['--offline'] })
  await program.exit
  t.equal(program.stdout(), 'connect ECONNREFUSED 192.0.2.1:443 (refused by bytenite-emulator exec --offline)\n')
})

import t from 'tap'
import {
  ConfigError,
  environmentNameOf,
  flagOf,
  readSettings,
  type SettingName,
  settingNames,
} from '../../src/settings/settings.ts'
import { escape } from '../wire/texts.ts'

void t.test('settings', async (t) => {
  const defaults = readSettings({}, {})
  t.strictSame(defaults, {
    port: 2983,
    host: '127.0.0.1',
    data: './.bytenite-emulator',
    inMemory: false,
    seed: undefined,
    init: undefined,
    templates: 'closed',
    strict: false,
    pace: { by: 'time', total: 3_000_000 },
    unset: 'emit',
    era: '2025',
    apiKey: new Map(),
    keys: 'closed',
    allowHost: [],
    publicUrl: undefined,
    cors: [],
    apps: [],
    runApps: 'off',
    python: 'python3',
    sources: undefined,
    fetchSources: false,
    runParallel: undefined,
    logLevel: undefined,
    logFormat: 'line',
    silent: false,
    portFile: undefined,
    exitWithParent: false,
  })
  t.equal(flagOf('inMemory'), '--in-memory')
  t.equal(environmentNameOf('inMemory'), 'BYTENITE_EMULATOR_IN_MEMORY')

  // Name, text, value; each by flag and by environment.
  const good: readonly [name: SettingName, text: string, value: unknown][] = [
    ['port', '0', 0],
    ['allowHost', '.CI.example', ['.ci.example']],
    ['publicUrl', 'https://ci.example:8443/api/', 'https://ci.example:8443/api'],
    ['cors', 'http://localhost:5173', ['http://localhost:5173']],
    ['port', '65535', 65535],
    ['host', '0.0.0.0', '0.0.0.0'],
    ['data', '/data', '/data'],
    ['seed', 'seed.json', 'seed.json'],
    ['templates', 'open', 'open'],
    ['unset', 'omit', 'omit'],
    ['apiKey', 'k=w', new Map([['k', 'w']])],
    ['apiKey', 'eyJ==w', new Map([['eyJ=', 'w']])],
    ['logLevel', 'silent', 'silent'],
    ['logFormat', 'json', 'json'],
    ['portFile', 'p', 'p'],
  ]
  for (const [name, text, value] of good) {
    t.strictSame(readSettings({ [name]: text }, {}), { ...defaults, [name]: value }, `${name} ${text}`)
    const environment = { [environmentNameOf(name)]: text }
    t.strictSame(readSettings({}, environment), { ...defaults, [name]: value })
  }
  for (const name of ['inMemory', 'strict', 'silent', 'exitWithParent'] as const) {
    t.equal(readSettings({ [name]: true }, {})[name], true)
    for (const [text, value] of [
      ['true', true],
      ['1', true],
      ['YES', true],
      ['on', true],
      ['false', false],
      ['0', false],
      ['no', false],
      ['', false],
    ] as const) {
      t.equal(readSettings({}, { [environmentNameOf(name)]: text })[name], value, `${name} ${text}`)
    }
    t.equal(readSettings({ [name]: true }, { [environmentNameOf(name)]: 'false' })[name], true, 'the flag wins')
  }
  t.equal(readSettings({ port: '1' }, { BYTENITE_EMULATOR_PORT: '2' }).port, 1, 'the flag wins')
  t.equal(readSettings({}, { BYTENITE_EMULATOR_PORT: '' }).port, 2983, 'an empty variable is none')
  t.strictSame(
    [...readSettings({ apiKey: ['a=x', 'b=y', 'a=z'] }, {}).apiKey],
    [
      ['a', 'z'],
      ['b', 'y'],
    ],
  )
  t.strictSame(
    [...readSettings({}, { BYTENITE_EMULATOR_API_KEY: 'a=x,b=y' }).apiKey],
    [
      ['a', 'x'],
      ['b', 'y'],
    ],
  )

  const bad: readonly [name: SettingName, text: string][] = [
    ['port', ''],
    ['port', 'x'],
    ['port', '-1'],
    ['port', '1.5'],
    ['port', '65536'],
    ['host', ' '],
    ['data', ''],
    ['templates', 'Open'],
    ['unset', 'none'],
    ['apiKey', 'k'],
    ['apiKey', '=w'],
    ['apiKey', 'k='],
    ['apiKey', 'k=a/b'],
    ['logLevel', 'loud'],
    ['logFormat', 'xml'],
    ['publicUrl', 'ci.example'],
    ['publicUrl', 'http://user:word@ci.example'],
    ['publicUrl', 'http://ci.example/?a'],
    ['cors', '*'],
    ['cors', 'null'],
    ['cors', 'http://localhost:5173/path'],
    ['allowHost', 'http://x'],
  ]
  for (const [name, text] of bad) {
    const said = (source: string) => ({
      name: 'ConfigError',
      message: new RegExp(`^${source} ${escape(JSON.stringify(text))}: expected`),
    })
    t.throws(() => readSettings({ [name]: text }, {}), said(flagOf(name)))
    if (text !== '')
      t.throws(() => readSettings({}, { [environmentNameOf(name)]: text }), said(environmentNameOf(name)))
  }
  for (const name of settingNames) {
    const misspelt = `${environmentNameOf(name)}S`
    t.throws(
      () => readSettings({}, { [misspelt]: '1' }),
      new ConfigError(
        `unknown environment variable ${misspelt}; known are ${settingNames.map(environmentNameOf).join(', ')}`,
      ),
    )
  }
  t.doesNotThrow(() => readSettings({}, { BYTENITE_OTHER: '1', PORT: 'x' }), 'other names are none of ours')
})

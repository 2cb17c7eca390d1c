import type { CommandOption, Subcommand } from './subcommand.ts'

const limit: CommandOption = { flags: '--limit <NUMBER>', help: 'at most this many (default: 50)' }

const key: CommandOption = { flags: '--key <KEY>', help: 'the API key (default: test_<world>)' }

/**
 * The commands that look into a running emulator and steer what happens there.
 *
 * @param running the parts of a command that talks to one
 */
export const worldCommands = (
  running: Required<Pick<Subcommand, 'options' | 'settings' | 'settingsHelp'>>,
  asJson: CommandOption,
): readonly Subcommand[] => {
  const looking = (options: readonly CommandOption[] = []) => ({
    settings: running.settings,
    settingsHelp: running.settingsHelp,
    options: [...options, asJson, ...running.options],
  })
  return [
    {
      name: 'requests',
      summary: 'list the requests of clients with their answers, oldest first',
      ...looking([
        { flags: '--follow', help: 'also print new requests, until interrupted' },
        { flags: '--problems', help: 'only errors, unknown fields and answers that a fault changed' },
        limit,
      ]),
      examples: ['requests --problems', 'requests --follow --world checkout'],
      load: async () => (await import('./looking.ts')).requests,
    },
    {
      name: 'jobs',
      summary: 'list the jobs of a world, newest first',
      ...looking([
        { flags: '--state <STATE>', help: 'only jobs in this state, such as FAILED' },
        { flags: '--text <TEXT>', help: 'only jobs with this text in their name or id' },
        limit,
      ]),
      examples: ['jobs', 'jobs --state FAILED --json'],
      load: async () => (await import('./looking.ts')).jobs,
    },
    {
      name: 'worlds',
      summary: 'list the worlds: jobs, time, pace',
      ...looking(),
      examples: ['worlds'],
      load: async () => (await import('./looking.ts')).worlds,
    },
    {
      name: 'templates',
      summary: 'list the templates, with what each needs and makes',
      ...looking(),
      examples: ['templates'],
      load: async () => (await import('./looking.ts')).templates,
    },
    {
      name: 'fault',
      args: '[action] [rule]',
      summary: 'make requests fail: fault add RULE, list, remove ID, release ID',
      description: 'RULE is the JSON that POST /_emulator/worlds/{world}/faults takes; see docs/faults.md.',
      ...looking(),
      examples: [
        `fault add '{"operation":"GET /v1/customer/jobs/{jobId}","status":503,"times":2}'`,
        'fault list',
        'fault remove 5e8a1c9e-7d1b-4f0e-9a39-1f2d3c4b5a60',
      ],
      load: async () => (await import('./rules.ts')).fault,
    },
    {
      name: 'scenario',
      args: '[action] [rule]',
      summary: 'decide how runs end: scenario add RULE, list, remove ID',
      description:
        'RULE is the JSON that POST /_emulator/worlds/{world}/scenarios takes; see docs/time-and-scenarios.md.',
      ...looking(),
      examples: [`scenario add '{"failIn":"JOB_STATE_MERGING","times":1}'`, 'scenario list'],
      load: async () => (await import('./rules.ts')).scenario,
    },
    ...(['app', 'engine'] as const).map((kind) => ({
      name: kind,
      args: '[action] [what] [file]',
      summary: `push building blocks: ${kind} push DIR, list, get TAG, status TAG, activate TAG, deactivate TAG, pull TAG [FILE]`,
      description:
        'DIR has manifest.json, app/ and, if there is one, template.json. TAG is name, name@1 or name@1.0. FILE is by default the name of the download; - is stdout.',
      ...looking([key]),
      examples: [`${kind} push ./my-${kind}`, `${kind} activate my-${kind}@1.0`, `${kind} list --json`],
      load: async () => (await import('./developer.ts'))[kind],
    })),
    {
      name: 'template',
      args: '[action] [what]',
      summary: 'push templates: template push FILE, list, get ID',
      ...looking([key]),
      examples: ['template push template.json', 'template get my-template'],
      load: async () => (await import('./developer.ts')).template,
    },
    {
      name: 'hold',
      args: '<job> <state>',
      summary: 'make a job wait before a state',
      ...running,
      examples: ['hold 5e8a1c9e MERGING'],
      load: async () => (await import('./rules.ts')).hold,
    },
    {
      name: 'release',
      args: '<job> [steps]',
      summary: 'open the next gates of a job',
      ...running,
      examples: ['release 5e8a1c9e', 'release 5e8a1c9e 3'],
      load: async () => (await import('./rules.ts')).release,
    },
    {
      name: 'fork',
      args: '<into>',
      summary: 'copy a world to another name',
      settings: running.settings,
      settingsHelp: running.settingsHelp,
      options: [{ flags: '--replace', help: 'overwrite an existing world of that name' }, ...running.options],
      examples: ['fork before', 'fork checkout --world before --replace'],
      load: async () => (await import('./rules.ts')).fork,
    },
  ]
}

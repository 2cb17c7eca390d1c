import { useEffect, useState } from 'preact/hooks'
import type { Health } from '../../schemas/control.ts'
import type { SettingInForce, SettingsResponse } from '../../schemas/settings.ts'
import { ask } from './api.ts'
import { span } from './format.ts'

const pages = [
  ['/v1/customer/docs/', 'Jobs: the customer API'],
  ['/v1/auth/docs/', 'Keys, tokens and secrets: the authentication API'],
  ['/v1/dev/docs/', 'Templates: the developer API'],
  ['/v1/wallet/docs/', 'Balance and transactions: the wallet API'],
  ['/_emulator/docs/', "Worlds, clocks, faults: the emulator's own API"],
]

/** The emulator itself. */
export function About(props: { readonly shortcuts: boolean; readonly setShortcuts: (on: boolean) => void }) {
  const [health, setHealth] = useState<Health | undefined>()
  const [settings, setSettings] = useState<readonly SettingInForce[]>([])
  const [problem, setProblem] = useState('')
  useEffect(() => {
    const failed = (error: Error): void => setProblem(error.message)
    ask<Health>('GET', '/_emulator/health').then(setHealth, failed)
    ask<SettingsResponse>('GET', '/_emulator/settings').then((answer) => setSettings(answer.settings), failed)
  }, [])
  return (
    <section class="about" aria-label="About">
      <h2>bytenite-emulator {health?.version}</h2>
      {problem !== '' && <p class="warning">{problem}</p>}
      {health !== undefined && (
        <dl class="facts">
          <div>
            <dt>Address</dt>
            <dd>{location.origin}</dd>
          </div>
          <div>
            <dt>Runs for</dt>
            <dd>{span(health.uptime * 1000)}</dd>
          </div>
          <div>
            <dt>Data</dt>
            <dd>
              {health.database.location === ':memory:'
                ? 'in memory, lost when the emulator ends'
                : health.database.location}
            </dd>
          </div>
          <div>
            <dt>Worlds</dt>
            <dd>{health.worlds}</dd>
          </div>
        </dl>
      )}
      <Settings settings={settings} />
      <h3>Documents</h3>
      <ul class="plain">
        {pages.map(([path, title]) => (
          <li key={path}>
            <a href={path}>{title}</a>
          </li>
        ))}
      </ul>
      <h3>Keyboard shortcuts</h3>
      <p>
        <kbd>/</kbd> filter, <kbd>j</kbd> and <kbd>k</kbd> next and previous request, <kbd>Enter</kbd> into its detail,{' '}
        <kbd>p</kbd> pause, <kbd>Esc</kbd> close the detail. They work outside of input fields.
      </p>
      <label class="check">
        <input
          type="checkbox"
          checked={props.shortcuts}
          onChange={({ currentTarget }) => props.setShortcuts(currentTarget.checked)}
        />
        Use these keys
      </label>
    </section>
  )
}

/** The settings in force: first those that were set, then the others, folded. */
function Settings({ settings }: { readonly settings: readonly SettingInForce[] }) {
  const given = settings.filter(({ origin }) => origin !== 'default')
  const others = settings.filter(({ origin }) => origin === 'default')
  return (
    <>
      <h3>Settings</h3>
      {given.length === 0 ? <p>No setting was given; all have their defaults.</p> : <SettingList settings={given} />}
      <details>
        <summary>{others.length} with their defaults</summary>
        <SettingList settings={others} />
      </details>
    </>
  )
}

function SettingList({ settings }: { readonly settings: readonly SettingInForce[] }) {
  return (
    <ul class="plain">
      {settings.map(({ name, flag, value, default: preset, origin, meaning }) => (
        <li key={name}>
          <code>{flag}</code> <b>{value === null || value === '' ? preset : value}</b> <small>{origin}</small>
          <div>{meaning}</div>
        </li>
      ))}
    </ul>
  )
}

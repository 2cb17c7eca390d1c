import { useEffect, useState } from 'preact/hooks'
import type { ClockResponse, World, WorldsResponse } from '../../schemas/control.ts'
import { isWorldName, worldNameForm } from '../base/world-names.ts'
import { ask, keyOf, worldPath } from './api.ts'
import { dateTime, stateName } from './format.ts'
import { Copy, type Notices } from './parts.tsx'

interface Props {
  readonly world: string
  readonly choose: (world: string) => void
  /** Rises when something in the world happened. */
  readonly moved: number
  readonly onMoved: () => void
  readonly notices: Notices
}

/** The error for a name that no world can have. */
export const wrongWorldText = (name: string): string => `“${name}” is not a name of a world: expected ${worldNameForm}.`

/** A name for a copy that no world has: `shop-2`, `shop-3` … */
function freeName(world: string, taken: readonly string[]): string {
  const stem = world.replace(/-\d+$/, '').slice(0, 58)
  for (let number = 2; ; number++) {
    const name = `${stem}-${number}`
    if (!taken.includes(name)) return name
  }
}

/** The world that is shown: which one, its key, its clock, and what can be done to it as a whole. */
export function WorldBar({ world, choose, moved, onMoved, notices }: Props) {
  const [names, setNames] = useState<readonly string[]>([])
  const [view, setView] = useState<World | undefined>()
  const [onTheWay, setOnTheWay] = useState('')
  const [by, setBy] = useState('')
  const [copy, setCopy] = useState('')

  useEffect(() => {
    ask<WorldsResponse>('GET', '/_emulator/worlds?limit=1000').then(
      (answer) => setNames(answer.worlds.map((each) => each.world)),
      () => undefined,
    )
    ask<World>('GET', worldPath(world)).then(setView, () => setView(undefined))
  }, [world, moved])
  useEffect(() => setOnTheWay(''), [world])

  const act = (what: () => Promise<unknown>, done?: string): void => void notices.attempt(what, done).then(onMoved)
  const advance = (duration: string): void =>
    act(async () => {
      const { transitions } = await ask<ClockResponse>('POST', worldPath(world, '/clock/advance'), { by: duration })
      const [last] = transitions.slice(-1)
      setOnTheWay(
        last === undefined
          ? 'no job entered a state'
          : `${transitions.length} ${transitions.length === 1 ? 'state was' : 'states were'} entered, the last: ${stateName(last.state)}`,
      )
    })
  const key = keyOf(world)
  const free = freeName(world, names)

  return (
    <section class="world-bar" aria-label="World">
      <label>
        World{' '}
        <select
          value={world}
          onChange={({ currentTarget }) => {
            if (currentTarget.value !== '') choose(currentTarget.value)
            else {
              const name = prompt('Name of the world: letters, digits, “.”, “_” and “-”')
              if (name !== null && isWorldName(name)) choose(name)
              else {
                currentTarget.value = world
                if (name !== null) notices.fail(wrongWorldText(name))
              }
            }
          }}
        >
          {[...new Set(['default', world, ...names])].map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
          <option value="">another …</option>
        </select>
      </label>
      <span class="key">
        <code>{key}</code> <Copy text={key}>Copy key</Copy>
      </span>
      <Clock view={view} />
      <span class="buttons" role="group" aria-label="Advance the clock">
        <button onClick={() => advance('next')} title="To the next state of any job">
          next
        </button>
        <button onClick={() => advance('1m')}>+1 min</button>
        <button onClick={() => advance('10m')}>+10 min</button>
        <button onClick={() => advance('1h')}>+1 h</button>
        <button
          onClick={() =>
            act(() => ask('POST', worldPath(world, view?.frozen === true ? '/clock/run' : '/clock/freeze'), {}))
          }
        >
          {view?.frozen === true ? 'Let it run' : 'Freeze'}
        </button>
      </span>
      <details class="menu">
        <summary>More</summary>
        <div class="menu-body">
          <form
            class="inline"
            onSubmit={(event) => {
              event.preventDefault()
              advance(by)
            }}
          >
            <input
              aria-label="Advance by"
              placeholder="90s, 2h, 1d …"
              value={by}
              onInput={({ currentTarget }) => setBy(currentTarget.value)}
            />
            <button>Advance</button>
          </form>
          <Pace
            view={view}
            set={(pace) => act(() => ask('PUT', worldPath(world, '/pace'), { pace }), 'The pace is set')}
          />
          <form
            onSubmit={(event) => {
              event.preventDefault()
              const into = copy.trim() || free
              act(() => ask('POST', worldPath(world, '/fork'), { into }), `Copied into ${into}`)
              setCopy('')
            }}
          >
            <input
              aria-label="Name of the copy"
              placeholder={free}
              value={copy}
              onInput={({ currentTarget }) => setCopy(currentTarget.value)}
            />
            <button>Fork</button>
          </form>
          <div class="buttons">
            <button
              onClick={() => {
                if (!confirm(`Put world ${world} back to its seed? Its jobs, rules and requests go.`)) return
                act(() => ask('POST', worldPath(world, '/reset'), {}), `World ${world} is back at its seed`)
              }}
            >
              Reset
            </button>
            <button
              onClick={() =>
                act(
                  () =>
                    ask('POST', worldPath(world, '/fork'), { into: `${world.slice(0, 55)}-snapshot`, replace: true }),
                  `Kept as ${world.slice(0, 55)}-snapshot`,
                )
              }
            >
              Snapshot
            </button>
            <button
              onClick={() => {
                if (!confirm(`Replace world ${world} by its snapshot?`)) return
                act(
                  () =>
                    ask('POST', worldPath(`${world.slice(0, 55)}-snapshot`, '/fork'), { into: world, replace: true }),
                  'Restored from its snapshot',
                )
              }}
            >
              Restore
            </button>
            <a class="button" href={worldPath(world, '/export')} download={`${world}.tar`}>
              Export
            </a>
            <a class="button" href={worldPath(world, '/journal.har')} download={`${world}.har`}>
              Requests as HAR
            </a>
            <label class="button">
              Import …
              <input
                type="file"
                class="hidden"
                accept=".tar"
                onChange={({ currentTarget }) => {
                  const file = currentTarget.files?.[0]
                  // The same file may be chosen once more.
                  currentTarget.value = ''
                  if (file === undefined) return
                  if (view !== undefined && !confirm(`Replace world ${world} by ${file.name}?`)) return
                  const bytes = new Blob([file], { type: 'application/x-tar' })
                  act(
                    () => ask('POST', worldPath(world, '/import?replace=true'), bytes),
                    `${file.name} is now world ${world}`,
                  )
                }}
              />
            </label>
            <button
              class="danger"
              onClick={() => {
                if (!confirm(`Take world ${world} away, with everything in it?`)) return
                act(() => ask('DELETE', worldPath(world)), `World ${world} is gone`)
              }}
            >
              Drop
            </button>
          </div>
          <p>
            Its data as JSON: <a href={worldPath(world)}>world</a>, <a href={worldPath(world, '/jobs')}>jobs</a>,{' '}
            <a href={worldPath(world, '/journal')}>journal</a>, <a href={worldPath(world, '/scenarios')}>scenarios</a>,{' '}
            <a href={worldPath(world, '/faults')}>faults</a>
          </p>
        </div>
      </details>
      <span class="on-the-way" role="status">
        {onTheWay}
      </span>
    </section>
  )
}

/** The world's time, going on by itself between two answers. */
function Clock({ view }: { readonly view: World | undefined }) {
  const [asked, setAsked] = useState(() => Date.now())
  const [, tick] = useState(0)
  useEffect(() => setAsked(Date.now()), [view])
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 1000)
    return () => clearInterval(timer)
  }, [])
  if (view === undefined) return <span class="clock">not opened yet</span>
  const now = Date.parse(view.now) + (view.frozen ? 0 : Date.now() - asked)
  return (
    <span class="clock" title="The time of this world">
      {dateTime(new Date(now).toISOString())}
      {view.frozen && <b> frozen</b>}
    </span>
  )
}

function Pace({ view, set }: { readonly view: World | undefined; readonly set: (pace: string) => void }) {
  const [pace, setPace] = useState('')
  return (
    <form
      class="inline"
      onSubmit={(event) => {
        event.preventDefault()
        set(pace)
      }}
    >
      <input
        aria-label="Pace of the world"
        placeholder={`pace: ${view?.pace ?? '3s'}`}
        value={pace}
        onInput={({ currentTarget }) => setPace(currentTarget.value)}
      />
      <button>Set pace</button>
    </form>
  )
}

import { render } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { FidelityResponse, FidelityRow } from '../../schemas/fidelity.ts'
import { isWorldName } from '../base/world-names.ts'
import { ask, keyOf } from './api.ts'
import { About } from './about.tsx'
import { Evidence } from './evidence.tsx'
import { Jobs } from './jobs.tsx'
import { useNotices } from './parts.tsx'
import { type Filters, isProblem, noFilters, Requests } from './requests.tsx'
import { Rules } from './rules.tsx'
import { follow, type Seen } from './stream.ts'
import { TryIt } from './try-it.tsx'
import { WorldBar, wrongWorldText } from './world-bar.tsx'

const views = {
  requests: 'Requests',
  jobs: 'Jobs',
  rules: 'Faults and scenarios',
  try: 'Try it',
  evidence: 'Evidence',
  about: 'About',
}
type View = keyof typeof views

/** Exchanges that the page keeps. */
const kept = 1000

/** `#/jobs/default/<id>`: a place on this page, so that it can be gone back to and passed on. */
function placeOf(hash: string): Place {
  const [, view = '', world = '', id] = hash.split('/').map((part) => decoded(part.replace(/^#/, '')))
  const isName = isWorldName(world)
  return {
    view: Object.hasOwn(views, view) ? (view as View) : 'requests',
    world: isName ? world : 'default',
    id: isName ? id : undefined,
    wrongWorld: isName || world === '' ? undefined : world,
  }
}

interface Place {
  readonly view: View
  readonly world: string
  readonly id: string | undefined
  /** The name in the address, if no world can have it. */
  readonly wrongWorld: string | undefined
}

/** The text without escapes; as it is if they are none. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The exchanges of both lists, once each, the newest first. */
function merged(older: readonly Seen[], newer: readonly Seen[]): Seen[] {
  // Ids start from 1 again when the emulator is restarted.
  const distinct = new Map([...older, ...newer].map((each) => [`${each.exchange.at} ${each.exchange.id}`, each]))
  return [...distinct.values()].sort((a, b) => b.exchange.at.localeCompare(a.exchange.at)).slice(0, kept)
}

function App() {
  const [place, setPlace] = useState(() => placeOf(location.hash))
  const { view, world, id, wrongWorld } = place
  const [seen, setSeen] = useState<readonly Seen[]>([])
  const [waiting, setWaiting] = useState<readonly Seen[]>([])
  const [allWorlds, setAllWorlds] = useState(false)
  const [paused, setPaused] = useState(false)
  const [moved, setMoved] = useState(0)
  const [isThere, setIsThere] = useState(true)
  const [filters, setFilters] = useState<Filters>(noFilters)
  const [selected, setSelected] = useState<number | undefined>()
  const [rows, setRows] = useState<ReadonlyMap<string, FidelityRow>>(new Map())
  const [shortcuts, setShortcuts] = useState(() => localStorage.getItem('shortcuts') !== 'off')
  const [notices, noticeArea] = useNotices()
  const isPaused = useRef(paused)
  isPaused.current = paused
  const onMoved = (): void => setMoved((count) => count + 1)

  const go = (to: View, inWorld = world, job?: string): void => {
    location.hash = `/${[to, inWorld, ...(job === undefined ? [] : [job])].map(encodeURIComponent).join('/')}`
  }
  useEffect(() => {
    const changed = (): void => setPlace(placeOf(location.hash))
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  useEffect(() => {
    if (wrongWorld !== undefined) notices.fail(`${wrongWorldText(wrongWorld)} The world default is shown.`)
  }, [wrongWorld])
  useEffect(() => {
    ask<FidelityResponse>('GET', '/_emulator/fidelity').then(
      (answer) => setRows(new Map(answer.rows.map((row) => [row.id, row]))),
      () => undefined,
    )
  }, [])

  useEffect(() => {
    setSeen([])
    setWaiting([])
    return follow(allWorlds ? undefined : world, {
      onExchanges(more) {
        if (isPaused.current) setWaiting((already) => merged(already, more))
        else setSeen((already) => merged(already, more))
      },
      onJobs: onMoved,
      onConnection: setIsThere,
    })
  }, [world, allWorlds])
  useEffect(() => {
    if (paused) return
    setSeen((already) => merged(already, waiting))
    setWaiting([])
  }, [paused])

  const ofWorld = useMemo(
    () => (allWorlds ? seen : seen.filter((each) => each.world === world)),
    [seen, allWorlds, world],
  )
  const problems = useMemo(() => ofWorld.filter(isProblem).length, [ofWorld])
  useEffect(() => {
    document.title = `${problems > 0 ? `(${problems}) ` : ''}${views[view]} · bytenite-emulator`
  }, [problems, view])

  useEffect(() => {
    if (!shortcuts) return
    const pressed = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement
      if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return
      const field = document.getElementById('search')
      if (event.key === '/' && field !== null) {
        event.preventDefault()
        field.focus()
      } else if (event.key === 'p' && view === 'requests') setPaused((before) => !before)
      else if (event.key === 'Escape') {
        document.querySelector<HTMLElement>('.list-pane button.row[aria-current="true"]')?.focus()
        setSelected(undefined)
        if (view === 'jobs' && id !== undefined) go('jobs')
      } else if ((event.key === 'j' || event.key === 'k') && view === 'requests') {
        const buttons = [...document.querySelectorAll<HTMLButtonElement>('button[data-request]')]
        const at = buttons.findIndex((button) => Number(button.dataset['request']) === selected)
        const next = buttons[Math.max(0, Math.min(buttons.length - 1, event.key === 'j' ? at + 1 : at - 1))]
        if (next === undefined) return
        next.focus()
        setSelected(Number(next.dataset['request']))
      }
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [shortcuts, view, id, selected, world])

  const openJob = (inWorld: string, job: string): void => go('jobs', inWorld, job)
  return (
    <>
      <header class="top">
        <h1>
          <img src="/_emulator/inspector/icon.svg" alt="" width="22" height="22" /> bytenite-emulator
        </h1>
        <nav aria-label="Views">
          {(Object.keys(views) as View[]).map((name) => (
            <a
              key={name}
              href={`#/${name}/${encodeURIComponent(world)}`}
              aria-current={name === view ? 'page' : undefined}
            >
              {views[name]}
              {name === 'requests' && problems > 0 && (
                <span class="badge" title="Requests with a problem">
                  {problems}
                </span>
              )}
            </a>
          ))}
        </nav>
        <span class={`connection ${isThere ? '' : 'away'}`} role="status">
          {isThere ? 'live' : 'The emulator is away; this page waits for it'}
        </span>
      </header>
      <WorldBar world={world} choose={(name) => go(view, name)} moved={moved} onMoved={onMoved} notices={notices} />
      <main>
        {view === 'requests' && (
          <Requests
            seen={ofWorld}
            showWorld={allWorlds}
            paused={paused}
            held={waiting.length}
            filters={filters}
            setFilters={setFilters}
            setPaused={setPaused}
            setAllWorlds={setAllWorlds}
            clear={() => setSeen([])}
            rows={rows}
            selected={selected}
            select={setSelected}
            openJob={openJob}
            notices={notices}
            apiKey={keyOf(world)}
          />
        )}
        {view === 'jobs' && (
          <Jobs
            world={world}
            moved={moved}
            selected={id}
            select={(job) => go('jobs', world, job)}
            notices={notices}
            tryIt={() => go('try')}
          />
        )}
        {view === 'rules' && <Rules world={world} moved={moved} notices={notices} />}
        {view === 'try' && <TryIt world={world} notices={notices} onMoved={onMoved} openJob={openJob} />}
        {view === 'evidence' && <Evidence seen={seen} rows={rows} world={world} />}
        {view === 'about' && (
          <About
            shortcuts={shortcuts}
            setShortcuts={(on) => {
              localStorage.setItem('shortcuts', on ? 'on' : 'off')
              setShortcuts(on)
            }}
          />
        )}
      </main>
      {noticeArea}
    </>
  )
}

const root = document.getElementById('app')!
root.textContent = ''
render(<App />, root)

import type { ComponentChildren, JSX, RefObject } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Refused } from './api.ts'
import { statusClass } from './format.ts'

const words = { lost: 'lost', ok: 'ok', redirect: 'moved', client: 'refused', server: 'failed' }

/** A status in its colour; the number, and for screen readers a word, say the same. */
export function Status({ status }: { readonly status: number }) {
  const kind = statusClass(status)
  return (
    <span class={`status ${kind}`} title={words[kind]}>
      {status === 0 ? 'lost' : status}
    </span>
  )
}

/** A label. */
export const Chip = ({ kind, title, children }: { kind?: string; title?: string; children: ComponentChildren }) => (
  <span class={`chip ${kind ?? ''}`} title={title}>
    {children}
  </span>
)

/** A message about an action, shown long enough to read it, or about an error, shown until it is closed. */
export interface Notices {
  readonly say: (text: string) => void
  readonly fail: (text: string) => void
  /** Runs something; says its error, if there is one. */
  readonly attempt: (act: () => Promise<unknown>, done?: string) => Promise<void>
}

export function useNotices(): [Notices, JSX.Element] {
  const [notice, setNotice] = useState<{ text: string; isError: boolean } | undefined>()
  useEffect(() => {
    if (notice?.isError !== false) return
    const timer = setTimeout(() => setNotice(undefined), 4000)
    return () => clearTimeout(timer)
  }, [notice])
  const say = (text: string): void => setNotice({ text, isError: false })
  const fail = (text: string): void => setNotice({ text, isError: true })
  return [
    {
      say,
      fail,
      async attempt(act, done) {
        try {
          await act()
          if (done !== undefined) say(done)
        } catch (error) {
          fail(error instanceof Refused ? error.message : String(error))
        }
      },
    },
    <div class="notices" role="status" aria-live="polite">
      {notice !== undefined && (
        <div class={`notice ${notice.isError ? 'error' : ''}`}>
          <span tabIndex={0}>{notice.text}</span>
          <button class="quiet" aria-label="Close" onClick={() => setNotice(undefined)}>
            ×
          </button>
        </div>
      )}
    </div>,
  ]
}

/** A button that puts a text into the clipboard. */
export function Copy({ text, children }: { readonly text: string | (() => string); children: ComponentChildren }) {
  const [state, setState] = useState<'' | 'Copied' | 'Not allowed'>('')
  useEffect(() => {
    const timer = setTimeout(() => setState(''), 1500)
    return () => clearTimeout(timer)
  }, [state])
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : text())
      setState('Copied')
    } catch {
      setState('Not allowed')
    }
  }
  return (
    <button onClick={() => void copy()} aria-live="polite">
      {state === '' ? children : state}
    </button>
  )
}

/** A text to be read and copied. */
export const Code = ({ label, text }: { readonly label: string; readonly text: string }) => (
  <figure class="code">
    <figcaption>
      {label} <Copy text={text}>Copy</Copy>
    </figcaption>
    <pre tabIndex={0} aria-label={label}>
      {text}
    </pre>
  </figure>
)

/** A sentence with code in backticks. */
export const Sentence = ({ text }: { readonly text: string }) => (
  <>{text.split('`').map((part, index) => (index % 2 === 0 ? part : <code key={index}>{part}</code>))}</>
)

/** Stands in a view that has nothing to show yet. */
export const Empty = ({ title, children }: { readonly title: string; children: ComponentChildren }) => (
  <div class="empty">
    <h2>{title}</h2>
    {children}
  </div>
)

/** Tabs inside of a view; one of them is reached by the Tab key, the others by the arrows. */
export function Tabs<Name extends string>(props: {
  readonly label: string
  readonly names: readonly Name[]
  readonly current: Name
  readonly onChoose: (name: Name) => void
}) {
  const { names, current, onChoose } = props
  function onKeyDown(event: JSX.TargetedKeyboardEvent<HTMLDivElement>): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const at = names.indexOf(current)
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: names.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    const next = (to + names.length) % names.length
    onChoose(names[next]!)
    event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')[next]!.focus()
  }
  return (
    <div class="tabs" role="tablist" aria-label={props.label} onKeyDown={onKeyDown}>
      {names.map((name) => (
        <button
          role="tab"
          key={name}
          aria-selected={name === current}
          tabIndex={name === current ? 0 : -1}
          onClick={() => onChoose(name)}
        >
          {name}
        </button>
      ))}
    </div>
  )
}

let isHeadingWanted = false

/** Called when Enter opens the detail of a row: the focus goes to its heading, once it is there. */
export function followFocus(isOpen: boolean): void {
  if (isOpen) document.querySelector<HTMLElement>('.detail h2')?.focus()
  else isHeadingWanted = true
}

/** The heading of a detail, which takes the focus from the row that was opened by Enter. */
export function useHeading(id: unknown): RefObject<HTMLHeadingElement> {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (isHeadingWanted) heading.current?.focus()
    isHeadingWanted = false
  }, [id])
  return heading
}

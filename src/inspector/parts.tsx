import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
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

/** A message about an action or an error, shown long enough to read it. */
export interface Notices {
  readonly say: (text: string) => void
  /** Runs something; says its error, if there is one. */
  readonly attempt: (act: () => Promise<unknown>, done?: string) => Promise<void>
}

export function useNotices(): [Notices, JSX.Element] {
  const [notice, setNotice] = useState<{ text: string; isError: boolean } | undefined>()
  useEffect(() => {
    const timer = setTimeout(() => setNotice(undefined), notice?.isError === true ? 12_000 : 4000)
    return () => clearTimeout(timer)
  }, [notice])
  const say = (text: string): void => setNotice({ text, isError: false })
  return [
    {
      say,
      async attempt(act, done) {
        try {
          await act()
          if (done !== undefined) say(done)
        } catch (error) {
          setNotice({ text: error instanceof Refused ? error.message : String(error), isError: true })
        }
      },
    },
    <div class="notices" role="status" aria-live="polite">
      {notice !== undefined && (
        <div class={`notice ${notice.isError ? 'error' : ''}`}>
          <span>{notice.text}</span>
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

/** Tabs inside of a view. */
export function Tabs<Name extends string>(props: {
  readonly label: string
  readonly names: readonly Name[]
  readonly current: Name
  readonly onChoose: (name: Name) => void
}) {
  return (
    <div class="tabs" role="tablist" aria-label={props.label}>
      {props.names.map((name) => (
        <button role="tab" key={name} aria-selected={name === props.current} onClick={() => props.onChoose(name)}>
          {name}
        </button>
      ))}
    </div>
  )
}

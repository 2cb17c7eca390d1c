/** The result of one check of `doctor`, with the way out if something is wrong. */
export interface Finding {
  readonly verdict: 'ok' | 'warning' | 'problem'
  readonly text: string
}

export const ok = (text: string): Finding => ({ verdict: 'ok', text })
export const warning = (text: string): Finding => ({ verdict: 'warning', text })
export const problem = (text: string): Finding => ({ verdict: 'problem', text })

import type { Persona } from '../domain/accounts/personas.ts'
import type { WorldRecord } from '../store/worlds.ts'
import type { Token } from '../domain/accounts/token.ts'

/** Who is asking, and in which world. */
export interface Caller {
  readonly world: WorldRecord
  readonly persona: Persona
  readonly account: string
  /** True if the key is one of `--api-key`, which cannot be guessed, unlike `test_<world>`. */
  readonly hasPrivateKey: boolean
  /** The token that was presented, or null for an API key. */
  readonly token: { readonly text: string; readonly token: Token } | null
}

import { tokenLifetime, type Token } from '../domain/accounts/token.ts'
import { userId, emailOf, displayName } from '../domain/accounts/users.ts'
import { BoundedMap } from '../base/bounded-map.ts'
import type { CryptoKey, JWK } from 'jose'
import { unauthenticated } from '../base/errors.ts'
import type { Ids } from '../base/ids.ts'
import { toSeconds } from '../base/clock.ts'
import type { Commit } from '../store/commit.ts'
import type { Caller } from './caller.ts'
import type { Clocks } from './clocks.ts'
import { type KeyHolder } from '../domain/accounts/keys.ts'
import { isWorldName } from '../base/world-names.ts'
import { rulesOf, type Persona } from '../domain/accounts/personas.ts'
import type { Rows } from '../store/rows.ts'

export interface Tokens {
  /** @param at seconds since 1970 on the world's clock */
  issue(holder: KeyHolder, at: number): Promise<string>
  /**
   * Checks the signature and reads the claims. Whether the token has expired is for the caller, who knows the world's time.
   *
   * @throws ApiError 401
   */
  verify(token: string): Promise<Token>
  /** The token, if it was found good lately. */
  recall(token: string): Token | undefined
  /** Spares a token that was found good the checks next time; all but that of its expiry. */
  remember(text: string, token: Token): void
  /** Drops the cache of verified tokens; one of them may have been revoked. */
  forget(): void
  /** Revokes the caller's token; without effect if an API key was presented. */
  revoke(caller: Caller): Promise<void>
  isRevoked(token: Token): boolean
  /** Makes the signing key now, so that no client waits for it. */
  prepare(): void
}

/** The parts of the emulator that tokens need. */
export interface TokenSurroundings {
  readonly commit: Commit
  /** `settings` has the signing key. */
  readonly rows: Pick<Rows, 'settings' | 'revokedTokens'>
  readonly now: Clocks['now']
  readonly ids: Ids
  /** Id of an emulator in memory among those of its process; null if it has its own key on disk. */
  readonly instance: string | null
}

const algorithm = 'RS256'
const issuer = 'https://auth.bytenite.com/'
const remembered = 1000
/** Name of the setting that holds the key. */
const signingKey = 'signing-key'

interface Claims {
  readonly jti: string
  readonly exp: number
  readonly emulator: {
    readonly world: string
    readonly persona: Persona
    readonly key: string
    /** Of an emulator in memory. */
    readonly instance?: string
  }
}

/** A fresh signing key as JSON; it takes a tenth of a second or several. */
async function makeKey(): Promise<string> {
  const { exportJWK, generateKeyPair } = await import('jose')
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return JSON.stringify(await exportJWK(privateKey))
}

/** The signing key of all emulators in memory of this process, as tests start many. */
let keyOfProcess: Promise<string> | undefined

const keyForMemory = (): Promise<string> =>
  (keyOfProcess ??= makeKey().catch((error: unknown) => {
    keyOfProcess = undefined
    throw error
  }))

/**
 * Access tokens: RS256 JWTs with the claims that a saved token of the service shows (observed), and `emulator`, which carries
 * world, persona and the id of the key (chosen).
 *
 * The key is made when the first token is asked for, or when the emulator is idle, as that takes longer than everything else at
 * start. Emulators in memory share one a process; their tokens name the one that issued them.
 */
export function createTokens({ commit, rows, now, ids, instance }: TokenSurroundings): Tokens {
  const { settings, revokedTokens: revoked } = rows
  const known = new BoundedMap<string, Token>(remembered)
  let keys: Promise<{ sign: CryptoKey; verify: CryptoKey }> | undefined

  async function makeKeys() {
    const { importJWK } = await import('jose')
    let kept: string
    if (instance !== null) kept = await keyForMemory()
    else {
      kept = settings.get(signingKey) ?? ''
      if (kept === '') {
        const made = await makeKey()
        kept = await commit(() => settings.setOnce(signingKey, made))
      }
    }
    const jwk = JSON.parse(kept) as JWK
    const { kty, n, e } = jwk
    return {
      sign: (await importJWK(jwk, algorithm)) as CryptoKey,
      verify: (await importJWK({ kty: kty!, n: n!, e: e! }, algorithm)) as CryptoKey,
    }
  }

  const loadKeys = () =>
    (keys ??= makeKeys().catch((error: unknown) => {
      keys = undefined
      throw error
    }))

  return {
    async issue({ world, persona, keyId }, at) {
      const { SignJWT } = await import('jose')
      const issuedAt = persona === 'expired' ? at - 2 * tokenLifetime : at
      const { account } = rulesOf(persona)
      return new SignJWT({
        client_id: 'bytenite-app',
        scope: ['openid'],
        ext: {
          device_id: '',
          display_name: displayName(world, account),
          email: emailOf(world, account),
          email_verified: true,
          role: 1,
        },
        emulator: { world, persona, key: keyId, ...(instance === null ? {} : { instance }) },
      })
        .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
        .setAudience(['bytenite-app'])
        .setIssuer(issuer)
        .setSubject(userId(world, account))
        .setJti(ids.uuid())
        .setIssuedAt(issuedAt)
        .setNotBefore(issuedAt)
        .setExpirationTime(issuedAt + tokenLifetime)
        .sign((await loadKeys()).sign)
    },

    async verify(text) {
      const { compactVerify } = await import('jose')
      const { verify } = await loadKeys()
      let claims: Claims
      try {
        const { payload } = await compactVerify(text, verify, { algorithms: [algorithm] })
        claims = JSON.parse(Buffer.from(payload).toString('utf8')) as Claims
      } catch (error) {
        throw unauthenticated(refusalText(error))
      }
      const { world, persona, key, instance: issuedBy } = claims.emulator
      if (instance !== null && issuedBy !== instance) throw unauthenticated(foreignToken)
      if (!isWorldName(world)) throw unauthenticated('invalid access token')
      const token: Token = { world, persona, keyId: key, jti: claims.jti, expiresAt: claims.exp }
      return token
    },

    prepare() {
      void loadKeys().catch(() => undefined)
    },
    recall: (text) => known.get(text),
    remember(text, token) {
      known.set(text, token)
    },
    forget() {
      known.clear()
    },
    isRevoked: ({ jti }) => revoked.isRevoked(jti),
    async revoke({ world, token }) {
      if (token === null) return
      const { jti, expiresAt } = token.token
      await commit(() => revoked.revoke(jti, world.key, expiresAt, toSeconds(now(world))))
      known.clear()
    },
  }
}

const foreignToken =
  'invalid access token: it was not signed by this emulator; exchange the API key again at /v1/auth/access_token'

function refusalText(error: unknown): string {
  const code = (error as { code?: string }).code
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') {
    return foreignToken
  }
  return 'invalid access token: exchange an API key such as test_default at /v1/auth/access_token'
}

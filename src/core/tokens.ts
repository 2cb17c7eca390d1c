import type { CryptoKey, JWK } from 'jose'
import { unauthenticated } from '../base/errors.ts'
import type { Ids } from '../base/ids.ts'
import { uuidFromName } from '../base/ids.ts'
import { isWorldName, type KeyHolder } from '../domain/accounts/keys.ts'
import { rulesOf, type Persona } from '../domain/accounts/personas.ts'

/** Seconds that a token lives, of its world's clock (documented). */
export const tokenLifetime = 3600

/** A token that was verified. */
export interface Token extends KeyHolder {
  readonly jti: string
  /** Seconds since 1970 on the world's clock. */
  readonly expiresAt: number
}

export interface Tokens {
  /** @param now seconds since 1970 on the world's clock */
  issue(holder: KeyHolder, now: number): Promise<string>
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
  /** Has every token checked anew: something may have made one worthless. */
  forget(): void
}

/** Where the signing key is kept. */
export interface KeyVault {
  read(): JWK | undefined
  /** Keeps the key, unless another one was faster; resolves to the one that counts. */
  keep(key: JWK): Promise<JWK>
}

const algorithm = 'RS256'
const issuer = 'https://auth.bytenite.com/'
const remembered = 1000

interface Claims {
  readonly jti: string
  readonly exp: number
  readonly emulator: { readonly world: string; readonly persona: Persona; readonly key: string }
}

/**
 * Access tokens: RS256 JWTs with the claims that a saved token of the service shows (observed), and `emulator`, which carries
 * world, persona and the id of the key (chosen).
 *
 * The key is made when the first token is asked for, as that takes longer than everything else at start, and so is the library
 * loaded.
 */
export function createTokens(vault: KeyVault, ids: Ids): Tokens {
  const known = new Map<string, Token>()
  let keys: Promise<{ sign: CryptoKey; verify: CryptoKey }> | undefined

  async function makeKeys() {
    const { exportJWK, generateKeyPair, importJWK } = await import('jose')
    let jwk = vault.read()
    if (jwk === undefined) {
      const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
      jwk = await vault.keep(await exportJWK(privateKey))
    }
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
    async issue({ world, persona, keyId }, now) {
      const { SignJWT } = await import('jose')
      const issuedAt = persona === 'expired' ? now - 2 * tokenLifetime : now
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
        emulator: { world, persona, key: keyId },
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
        throw unauthenticated(explain(error))
      }
      const { world, persona, key } = claims.emulator
      if (!isWorldName(world)) throw unauthenticated('invalid access token')
      const token: Token = { world, persona, keyId: key, jti: claims.jti, expiresAt: claims.exp }
      return token
    },

    recall: (text) => known.get(text),
    remember(text, token) {
      if (known.size >= remembered) known.delete(known.keys().next().value!)
      known.set(text, token)
    },
    forget() {
      known.clear()
    },
  }
}

/** The user that an account's tokens and templates name. */
export const userId = (world: string, account: string): string => uuidFromName(`${account}@${world}`)

/** A user's address; `.example` belongs to nobody. */
export const emailOf = (world: string, account: string): string => `${account}@${world}.example`

/** What a user is called who has not said a name. */
export const displayName = (world: string, account: string): string => `${account} of ${world}`

function explain(error: unknown): string {
  const code = (error as { code?: string }).code
  if (code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') {
    return 'invalid access token: it was not signed by this emulator; exchange the API key again at /v1/auth/access_token'
  }
  return 'invalid access token: exchange an API key such as test_default at /v1/auth/access_token'
}

import { blockStore } from './blocks.ts'
import type { Store } from './database.ts'
import { jobFilterStore } from './job-filters.ts'
import { jobStore } from './jobs.ts'
import { revokedKeyStore } from './revoked-keys.ts'
import { revokedTokenStore } from './revoked-tokens.ts'
import { secretStore } from './secrets.ts'
import { settingStore } from './settings.ts'
import { templateStore } from './templates.ts'
import { userStore } from './users.ts'
import { walletStore } from './wallet.ts'
import { worldTables } from './world-tables.ts'
import { worldStore } from './worlds.ts'

/** The rows of an open database, table by table. */
export type Rows = ReturnType<typeof openRows>

/** @param lastPlace the highest number of a folder of a world that there is or may be on disk */
export const openRows = (store: Store, lastPlace: number) => ({
  blocks: blockStore(store),
  filters: jobFilterStore(store),
  jobs: jobStore(store),
  revokedKeys: revokedKeyStore(store),
  revokedTokens: revokedTokenStore(store),
  secrets: secretStore(store),
  settings: settingStore(store),
  templates: templateStore(store),
  users: userStore(store),
  wallet: walletStore(store),
  worlds: worldStore(store, lastPlace),
  /** All that belongs to a world, to be copied or removed as a whole. */
  ofWorld: worldTables(store),
})

import { type Static, Type } from '@sinclair/typebox'

/** `GET /_emulator/health`. */
export const Health = Type.Object({
  status: Type.Literal('ok'),
  version: Type.String(),
  uptime: Type.Number({ description: 'Seconds since start' }),
  database: Type.Object({
    location: Type.String({ description: 'The file, or `:memory:`' }),
    schema: Type.Integer({ description: 'Number of the last migration' }),
  }),
  worlds: Type.Integer({ description: 'Worlds opened so far' }),
})
export type Health = Static<typeof Health>

export const WorldParams = Type.Object({ world: Type.String() })

/** `POST /_emulator/worlds/{world}/reset`. */
export const ResetResponse = Type.Object({
  world: Type.String(),
  removed: Type.Object({ jobs: Type.Integer(), templates: Type.Integer() }),
  seeded: Type.Object({ jobs: Type.Integer() }),
})
export type ResetResponse = Static<typeof ResetResponse>

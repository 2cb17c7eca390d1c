import type { Ground } from '../../schemas/fidelity.ts'

/** The evidence behind one behaviour, in one sentence or two, and its kind. */
export interface Row {
  readonly ground: Ground
  readonly known: string
}

/** The vendor's own pages or its published OpenAPI documents say so. */
export const documented = (known: string): Row => ({ ground: 'documented', known })

/** A public client depends on it, or a saved answer of the service shows it. */
export const observed = (known: string): Row => ({ ground: 'observed', known })

/** A real grpc-gateway answered so, of the versions that the service can have been built with. */
export const measured = (known: string): Row => ({ ground: 'measured', known })

/** It follows from what the service was built of: Go, grpc-gateway, proto3 JSON, signed URLs of Google Cloud Storage. */
export const inferred = (known: string): Row => ({ ground: 'inferred', known })

/** Nothing was found; this is what seemed most useful. */
export const chosen = (known: string): Row => ({ ground: 'chosen', known })

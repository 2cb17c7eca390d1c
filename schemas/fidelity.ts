import { type Static, Type } from '@sinclair/typebox'
import { Enum, Message } from './proto.ts'

/** Why the emulator answers as it does, from the firmest ground to none. */
export const grounds = ['documented', 'observed', 'measured', 'inferred', 'chosen'] as const
export type Ground = (typeof grounds)[number]

/** `GET /_emulator/fidelity`: every condition that is given must hold. */
export const FidelityQuery = Type.Object({
  ground: Type.Optional(Type.String({ description: `Only rows of this ground: ${grounds.join(', ')}` })),
  operation: Type.Optional(
    Type.String({
      description: 'Only this operation, e.g. `GET /v1/customer/jobs/{jobId}`, and the rows it refers to',
    }),
  ),
})
export type FidelityQuery = Static<typeof FidelityQuery>

/** The evidence behind one behaviour. */
export const FidelityRow = Message('FidelityRow', {
  id: Type.String({ description: 'Stable; the header `x-emulator-ground` names it' }),
  about: Type.Unsafe<'success' | 'error' | 'behaviour'>({
    type: 'string',
    enum: ['success', 'error', 'behaviour'],
    description: 'A successful answer, an error, or a behaviour that is finer than a status',
  }),
  ground: Enum(grounds),
  known: Type.String({ description: 'What is known, and from where' }),
})
export type FidelityRow = Static<typeof FidelityRow>

/** The answers of one operation. */
export const OperationFidelity = Message('OperationFidelity', {
  operation: Type.String({ description: 'As the reference writes it' }),
  answers: Type.Array(
    Type.Object({
      status: Type.Integer(),
      code: Type.Integer({ description: 'gRPC code in the body of an error; 0 for a success' }),
      rows: Type.Array(Type.String(), {
        description: 'Ids of the rows that may be the evidence behind it, the usual one first',
      }),
      onlyByFault: Type.Boolean({ description: 'Nothing but a fault makes this operation answer so' }),
    }),
  ),
})
export type OperationFidelity = Static<typeof OperationFidelity>

export const FidelityResponse = Message('FidelityResponse', {
  rows: Type.Array(FidelityRow),
  operations: Type.Array(OperationFidelity),
})
export type FidelityResponse = Static<typeof FidelityResponse>

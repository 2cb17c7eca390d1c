import { type Static, Type } from '@sinclair/typebox'
import { Enum, Message } from './proto.ts'

/** Kinds of evidence for an answer, from the firmest to none. */
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
    description: 'A successful answer, an error, or a finer behaviour',
  }),
  ground: Enum(grounds, { description: 'Kind of evidence' }),
  known: Type.String({ description: 'What is known, and from where' }),
})
export type FidelityRow = Static<typeof FidelityRow>

/** The answers of one operation. */
export const OperationFidelity = Message('OperationFidelity', {
  operation: Type.String({ description: 'E.g. `GET /v1/customer/jobs/{jobId}`' }),
  answers: Type.Array(
    Type.Object({
      status: Type.Integer({ description: 'HTTP status' }),
      code: Type.Integer({ description: 'gRPC code in the body of an error; 0 for a success' }),
      rows: Type.Array(Type.String(), {
        description: 'Ids of the rows with the evidence, the usual one first',
      }),
      onlyByFault: Type.Boolean({ description: 'True if only a fault makes this operation answer so' }),
    }),
    { description: 'Its answers by status and code' },
  ),
})
export type OperationFidelity = Static<typeof OperationFidelity>

export const FidelityResponse = Message('FidelityResponse', {
  rows: Type.Array(FidelityRow, { description: 'The evidence' }),
  operations: Type.Array(OperationFidelity, { description: 'The operations with their answers' }),
})
export type FidelityResponse = Static<typeof FidelityResponse>

import { type Static, Type } from '@sinclair/typebox'
import { Message, Text } from './proto.ts'

/** One file that a job produced, and where it can be downloaded without further credentials. */
export const Result = Message('Result', { name: Text(), link: Text() })
export type Result = Static<typeof Result>

export const ResultsResponse = Message('ResultsResponse', { results: Type.Array(Result) })
export type ResultsResponse = Static<typeof ResultsResponse>

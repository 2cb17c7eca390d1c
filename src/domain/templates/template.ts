import { type Static, Type } from '@sinclair/typebox'
import { DataSource } from '../../../schemas/datasource.ts'
import { AppParams, JobConfig } from '../../../schemas/job-parts.ts'
import type { JobTemplateInput } from '../../../schemas/templates.ts'
import { checkDataDestination, checkDataSource } from '../jobs/data-sources.ts'
import { invalidArgument, show } from '../../base/errors.ts'
import { parseTag } from './tags.ts'
import { Nullable, Text } from '../../../schemas/proto.ts'
import type { ReadonlyDeep } from '../../base/objects.ts'
import { Moment } from '../jobs/lifecycle.ts'

/** A template: which components a job runs, and the defaults of jobs made from it. */
export const Template = Type.Object({
  id: Text(),
  owner: Text({ description: 'The user who made it, as clients see them' }),
  account: Nullable(Text({ description: 'The account that may use it; null: everybody' })),
  description: Text(),
  app: Text(),
  partitioner: Text(),
  assembler: Text(),
  dataSource: Nullable(DataSource),
  dataDestination: Nullable(DataSource),
  params: Nullable(AppParams),
  config: Nullable(JobConfig),
  createdAt: Nullable(Moment()),
  updatedAt: Nullable(Moment()),
})
export type Template = ReadonlyDeep<Static<typeof Template>>

/** Who made a template, and when. */
export type TemplateOrigin = Pick<Template, 'owner' | 'account' | 'createdAt' | 'updatedAt'>

/**
 * Makes a template from what a client or a seed file says.
 *
 * @throws ApiError 400, code 3, if a tag or a data source is wrong
 */
export function makeTemplate(input: JobTemplateInput, origin: TemplateOrigin): Template {
  // One path segment holds the id, so it must be one: no slash, no space (chosen).
  if (!/^[\w@.+~-]{1,128}$/.test(input.id)) {
    throw invalidArgument(
      `id ${show(input.id)}: expected 1 to 128 letters, digits or any of - _ . @ + ~`,
      'template-form',
    )
  }
  for (const component of ['app', 'partitioner', 'assembler'] as const) {
    const tag = input[component]
    if (tag !== undefined && tag !== '' && parseTag(tag) === undefined) {
      throw invalidArgument(
        `${component} ${show(tag)}: expected a tag: name, name@major or name@major.minor`,
        'template-form',
      )
    }
  }
  return {
    id: input.id,
    ...origin,
    description: input.description ?? '',
    app: input.app ?? '',
    partitioner: input.partitioner ?? '',
    assembler: input.assembler ?? '',
    dataSource: input.dataSource === undefined ? null : checkDataSource(input.dataSource),
    dataDestination: input.dataDestination === undefined ? null : checkDataDestination(input.dataDestination),
    params: input.params ?? null,
    config: input.config ?? null,
  }
}

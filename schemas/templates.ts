import { type Static, Type } from '@sinclair/typebox'
import { DataSource, DataSourceView } from './datasource.ts'
import { AppParams, AppParamsView, JobConfig, JobConfigView } from './job-parts.ts'
import { Page } from './pagination.ts'
import { Enum, Message, Nullable, Text, Timestamp } from './proto.ts'

/** A template as a client sends it, and as a seed file holds it. */
export const JobTemplateInput = Message('JobTemplateInput', {
  id: Text({ minLength: 1, description: 'Id of the template' }),
  description: Type.Optional(Text({ description: 'A text for people' })),
  app: Type.Optional(Text({ description: 'Tag of an app: name, name@major or name@major.minor' })),
  partitioner: Type.Optional(Text({ description: 'Tag of a partitioning engine' })),
  assembler: Type.Optional(Text({ description: 'Tag of an assembling engine' })),
  dataSource: Type.Optional(DataSource),
  dataDestination: Type.Optional(DataSource),
  params: Type.Optional(AppParams),
  config: Type.Optional(JobConfig),
})
export type JobTemplateInput = Static<typeof JobTemplateInput>

/** A template in an answer with a job, and in the Customer API's list: six fields, as of mid-2025. */
export const JobTemplate = Message('JobTemplate', {
  id: Text(),
  owner: Text(),
  description: Text(),
  app: Text(),
  partitioner: Text(),
  assembler: Text(),
})
export type JobTemplate = Static<typeof JobTemplate>

/** A template in the Developer API: with the defaults it gives to jobs, as of late 2025. */
export const JobTemplateDetail = Message('JobTemplateDetail', {
  ...JobTemplate.properties,
  createdAt: Nullable(Timestamp()),
  updatedAt: Nullable(Timestamp()),
  isPublic: Type.Boolean(),
  dataSource: Nullable(DataSourceView),
  dataDestination: Nullable(DataSourceView),
  params: Nullable(AppParamsView),
  config: Nullable(JobConfigView),
  userName: Text(),
})
export type JobTemplateDetail = Static<typeof JobTemplateDetail>

export const TemplatesPage = Page('TemplatesPage', JobTemplate)
export type TemplatesPage = Static<typeof TemplatesPage>

/** The Developer API calls its list `templates`. */
export const DevTemplatesPage = Message('DevTemplatesPage', {
  pagination: TemplatesPage.properties.pagination,
  templates: Type.Array(JobTemplateDetail),
})
export type DevTemplatesPage = Static<typeof DevTemplatesPage>

export const TemplateParams = Type.Object({ id: Text() })

export const JobTemplateParams = Type.Object({ jobTemplateId: Text() })

/** `GET /v1/customer/jobs/templates/{jobTemplateId}/presets`; the vendor gave presets up in August 2025. */
export const PresetsResponse = Message('PresetsResponse', {
  presets: Type.Array(
    Type.Object({
      id: Text(),
      name: Text(),
      category: Text(),
      description: Text(),
      jobTemplateId: Text(),
      params: AppParamsView,
    }),
  ),
})

/** Where a template comes from. */
export const templateSources = ['world', 'seed', 'apps', 'vendor', 'emulator'] as const

/** A template as the control API shows it. */
export const KnownTemplate = Message('KnownTemplate', {
  id: Type.String({ description: 'Id of the template' }),
  description: Type.String({ description: 'A text for people' }),
  from: Enum(templateSources, {
    description:
      '`world`: made by a client; `seed`, `apps`: by the files of `--seed`, `--apps`; `emulator`: a scenario',
  }),
  partitioner: Type.String({ description: 'Tag of the partitioning engine, or empty' }),
  app: Type.String({ description: 'Tag of the app' }),
  assembler: Type.String({ description: 'Tag of the assembling engine, or empty' }),
  needs: Type.Array(Type.Literal('dataSource'), {
    description: 'Fields that a job needs besides `templateId`; empty if there are none',
  }),
  params: Nullable(AppParams),
  makes: Type.Array(Type.String(), {
    description: 'Names of the results of a played job with one task; building blocks can write others',
  }),
})
export type KnownTemplate = Static<typeof KnownTemplate>

/** `GET /_emulator/templates`. */
export const KnownTemplatesQuery = Type.Object({
  world: Type.Optional(Type.String({ description: 'Name of a world; absent: `default`' })),
})
export const KnownTemplatesResponse = Message('KnownTemplatesResponse', {
  templates: Type.Array(KnownTemplate, { description: 'In the order of the lists' }),
})
export type KnownTemplatesResponse = Static<typeof KnownTemplatesResponse>

import type { JobTemplateInput } from '../../../schemas/templates.ts'
import { builtInScenarios } from './built-in-scenarios.ts'
import { makeTemplate, type Template } from './template.ts'

const bypassToBucket = {
  dataSource: { dataSourceDescriptor: 'bypass' },
  dataDestination: { dataSourceDescriptor: 'bucket' },
} as const

const imageDefaults = {
  ...bypassToBucket,
  params: {
    partitioner: { num_replicas: 5 },
    assembler: {},
    app: { prompt: 'A fantasy landscape, trending on artstation' },
  },
} as const

const language = {
  params: {
    partitioner: {},
    app: { prompt: 'Make me laugh', n_threads: 23, n_ctx: 2048, max_tokens: 2024 },
    assembler: {},
  },
  config: { isTestJob: true, jobTimeout: 3600, taskTimeout: 3600 },
} as const

/**
 * The templates that the vendor's guides, tutorials and public clients use, with the defaults published for them. Where no
 * defaults were published, the output goes to the temporary bucket, as it did when a job named no destination (documented).
 */
const published: readonly JobTemplateInput[] = [
  {
    id: 'hello-world-template',
    description: 'Writes a text in upper, lower or title case',
    app: 'hello-world',
    partitioner: 'passthrough',
    assembler: 'passthrough',
  },
  {
    id: 'img-gen-diffusers',
    description: 'Image generation with Stable Diffusion',
    app: 'img-gen-diffusers',
    partitioner: 'fanout-replica',
    assembler: 'zipper',
    ...imageDefaults,
  },
  {
    id: 'img-gen-diffusers-template',
    description: 'Image generation with Stable Diffusion, replicas from one prompt',
    app: 'img-gen-diffusers',
    partitioner: 'fanout-replica',
    assembler: 'zipper',
    ...imageDefaults,
  },
  {
    id: 'img-gen-diffusers-flux-gpu-template',
    description: 'Image generation with Flux on a GPU, replicas from one prompt',
    app: 'img-gen-diffusers-flux-gpu',
    partitioner: 'fanout-replica',
    assembler: 'zipper',
    ...imageDefaults,
  },
  {
    id: 'img-gen-diffusers-flux-gpu-noreplica-template',
    description: 'Image generation with Flux on a GPU, one image',
    app: 'img-gen-diffusers-flux-gpu',
    partitioner: 'passthrough',
    assembler: 'passthrough',
    ...bypassToBucket,
  },
  {
    id: 'img-gen-diffusers-notaai-cpu-template',
    description: 'Image generation on CPUs, replicas from one prompt',
    app: 'img-gen-diffusers-notaai-cpu',
    partitioner: 'fanout-replica',
    assembler: 'zipper',
    ...bypassToBucket,
  },
  {
    id: 'img-gen-diffusers-notaai-cpu-noreplica-template',
    description: 'Image generation on CPUs, one image',
    app: 'img-gen-diffusers-notaai-cpu',
    partitioner: 'passthrough',
    assembler: 'passthrough',
    ...bypassToBucket,
  },
  {
    id: 'llama4-app-gpu-template',
    description: 'Text generation with llama4 on a GPU',
    app: 'llama4-app-gpu@1',
    partitioner: 'passthrough',
    assembler: 'passthrough',
    ...bypassToBucket,
    ...language,
  },
  {
    id: 'llama4-app-cpu-template',
    description: 'Text generation with llama4 on CPUs',
    app: 'llama4-app-cpu@1',
    partitioner: 'passthrough',
    assembler: 'passthrough',
    ...bypassToBucket,
    ...language,
  },
  {
    id: 'decisionbot-transcription',
    description: 'Transcription of audio files',
    app: 'decisionbot-transcription',
    partitioner: 'passthrough',
    assembler: 'passthrough',
  },
  {
    id: 'transcription-service-template',
    description: 'Transcription of audio files',
    app: 'transcription-service',
    partitioner: 'passthrough',
    assembler: 'passthrough',
  },
  {
    id: 'web-scraper-simple-template',
    description: 'Scrapes a list of pages',
    app: 'scraper-engine',
    partitioner: 'fanout-urls',
    assembler: 'data-assembler',
    ...bypassToBucket,
  },
  {
    id: 'web-scraper-dibek-fixed',
    description: 'Scrapes a list of pages',
    app: 'scraper-engine',
    partitioner: 'fanout-urls',
    assembler: 'data-assembler',
    ...bypassToBucket,
  },
  { id: 'video-transcoding@v0.2', description: 'Transcodes a video (2023)', app: 'video-transcoding@0.2' },
  { id: 'opencv-container@v0.1', description: 'Runs OpenCV on a video (2023)', app: 'opencv-container@0.1' },
]

/** A template for each built-in scenario; it needs no input. */
const scenarios: readonly JobTemplateInput[] = Object.keys(builtInScenarios).map((id) => ({
  id,
  description: `Scenario of the emulator: ${id.slice('emulator-'.length).replaceAll('-', ' ')}`,
  partitioner: 'passthrough',
  assembler: 'passthrough',
  ...bypassToBucket,
}))

/** Templates that every world knows without being told, by id. */
export const builtInTemplates: ReadonlyMap<string, Template> = new Map(
  [...published, ...scenarios].map((input) => [
    input.id,
    makeTemplate(
      { dataDestination: { dataSourceDescriptor: 'bucket' }, ...input },
      { owner: 'bytenite', account: null, createdAt: null, updatedAt: null },
    ),
  ]),
)

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

const image = { ...bypassToBucket, params: { partitioner: {}, assembler: {}, app: imageDefaults.params.app } } as const

/** @param more parameters of the app that only one of the two has */
const language = (more: Readonly<Record<string, number>>) => ({
  ...bypassToBucket,
  params: {
    partitioner: {},
    app: { prompt: 'Make me laugh', ...more, n_ctx: 2048, max_tokens: 2024 },
    assembler: {},
  },
  config: { isTestJob: true, jobTimeout: 3600, taskTimeout: 3600 },
})

const passthrough = { partitioner: 'passthrough', assembler: 'passthrough' } as const
const replicas = { partitioner: 'fanout-replica', assembler: 'zipper' } as const
const fan = { partitioner: 'fanout', assembler: 'fanin' } as const
const scraping = { app: 'scraper-engine', partitioner: 'fanout-urls', assembler: 'data-assembler' } as const

/**
 * The templates that the vendor's guides, tutorials, public clients and public repositories use, with the defaults published for
 * them; those that clients name come first, as lists show them in this order. If no defaults were published, the output goes
 * to the temporary bucket, as it did when a job named no destination (documented). If only an id was published, its components
 * follow from its name (chosen).
 */
const published: readonly JobTemplateInput[] = [
  { id: 'video-transcoding@v0.2', description: 'Transcodes a video (2023)', app: 'video-transcoding@0.2' },
  {
    id: 'hello-world-template',
    description: 'Writes a text in upper, lower or title case',
    app: 'hello-world',
    ...passthrough,
  },
  {
    id: 'img-gen-diffusers-flux-gpu-template',
    description: 'Image generation with Flux on a GPU, replicas from one prompt',
    app: 'img-gen-diffusers-flux-gpu',
    ...replicas,
    ...imageDefaults,
  },
  {
    id: 'img-gen-diffusers',
    description: 'Image generation with Stable Diffusion',
    app: 'img-gen-diffusers',
    ...replicas,
    ...imageDefaults,
  },
  {
    id: 'img-gen-diffusers-template',
    description: 'Image generation with Stable Diffusion, replicas from one prompt',
    app: 'img-gen-diffusers',
    ...replicas,
    ...imageDefaults,
  },
  {
    id: 'llama4-app-gpu-template',
    description: 'Text generation with llama4 on a GPU',
    app: 'llama4-app-gpu@1',
    ...passthrough,
    ...language({ gpu_layers: 30, n_threads: 23 }),
  },
  {
    id: 'llama4-app-cpu-template',
    description: 'Text generation with llama4 on CPUs',
    app: 'llama4-app-cpu@1',
    ...passthrough,
    ...language({ n_threads: 59 }),
  },
  {
    id: 'transcription-service-template',
    description: 'Transcription of audio files',
    app: 'transcription-service',
    ...passthrough,
  },
  {
    id: 'decisionbot-transcription',
    description: 'Transcription of audio files, and the decisions in them',
    app: 'transcription',
    ...fan,
  },
  { id: 'web-scraper-simple-template', description: 'Scrapes a list of pages', ...scraping, ...bypassToBucket },
  { id: 'opencv-container@v0.1', description: 'Runs OpenCV on a video (2023)', app: 'opencv-container@0.1' },
  {
    id: 'img-gen-diffusers-flux-gpu-noreplica-template',
    description: 'Image generation with Flux on a GPU, one image',
    app: 'img-gen-diffusers-flux-gpu',
    ...passthrough,
    ...image,
  },
  {
    id: 'img-gen-diffusers-flux-template',
    description: 'Image generation with Flux, replicas from one prompt',
    app: 'img-gen-diffusers-flux',
    ...replicas,
    ...imageDefaults,
  },
  {
    id: 'img-gen-diffusers-notaai-cpu-template',
    description: 'Image generation on CPUs, replicas from one prompt',
    app: 'img-gen-diffusers-notaai-cpu',
    ...replicas,
    ...imageDefaults,
  },
  {
    id: 'img-gen-diffusers-notaai-cpu-noreplica-template',
    description: 'Image generation on CPUs, one image',
    app: 'img-gen-diffusers-notaai-cpu',
    ...passthrough,
    ...image,
  },
  {
    id: 'llama4-app-gpu-template-model-caching',
    description: 'Text generation with llama4 on a GPU, the model cached',
    app: 'llama4-app-gpu@2',
    ...passthrough,
    ...bypassToBucket,
  },
  {
    id: 'llama4-app-cpu-template-model-caching',
    description: 'Text generation with llama4 on CPUs, the model cached',
    app: 'llama4-app-cpu@2',
    ...passthrough,
    ...bypassToBucket,
  },
  {
    id: 'decision-bot-pipeline-template',
    description: 'Transcription of all files of a folder, and the decisions in them',
    app: 'transcription-service',
    partitioner: 'directory-partitioner',
    assembler: 'decision-extractor-assembler',
  },
  {
    id: 'decisionbot-transcription-template',
    description: 'Transcription of audio files, and the decisions in them',
    app: 'transcription',
    ...fan,
  },
  {
    id: 'decisionbot-transcription-apponly',
    description: 'Transcription of one audio file',
    app: 'transcription',
    ...passthrough,
  },
  {
    id: 'decisionbot-transcription-partitioner+app',
    description: 'Transcription of audio files',
    app: 'transcription',
    partitioner: 'fanout',
    assembler: 'passthrough',
  },
  { id: 'transcription-template', description: 'Transcription of audio files', app: 'transcription', ...passthrough },
  { id: 'web-scraper-template', description: 'Scrapes a list of pages', ...scraping, ...bypassToBucket },
  { id: 'web-scraper-dibek-fixed', description: 'Scrapes a list of pages', ...scraping, ...bypassToBucket },
  { id: 'etl-pyspark-template', description: 'Extracts and transforms tables', app: 'etl-pyspark', ...passthrough },
]

/** A template for each built-in scenario; it needs no input. */
const scenarios: readonly JobTemplateInput[] = Object.keys(builtInScenarios)
  .sort()
  .map((id) => ({
    id,
    description: `Scenario of the emulator: ${id.slice('emulator-'.length).replaceAll('-', ' ')}`,
    partitioner: 'passthrough',
    assembler: 'passthrough',
    ...bypassToBucket,
  }))

/** Templates of every world, by id: the vendor's first, in the order of lists. */
export const builtInTemplates: ReadonlyMap<string, Template> = new Map(
  [...published, ...scenarios].map((input) => [
    input.id,
    makeTemplate(
      { dataDestination: { dataSourceDescriptor: 'bucket' }, ...input },
      { owner: 'bytenite', account: null, createdAt: null, updatedAt: null },
    ),
  ]),
)

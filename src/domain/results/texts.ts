import { parseTag } from '../templates/tags.ts'
import { jsonFile, perTask, type Recipe, type ResultFile, taskFileName, textFile } from './result-file.ts'

/**
 * The vendor's first tutorial: the input in upper, lower or title case, in the file that its script writes (documented). The
 * emulator fetches nothing, so an input that was not uploaded reads `Hello, World!` (chosen).
 */
export const helloWorld: Recipe = (_template, job, input): ResultFile[] => [
  {
    name: 'hello_world_processed.txt',
    contentType: 'text/plain; charset=utf-8',
    bytes: () => changeCase(input?.bytes?.() ?? [Buffer.from('Hello, World!')], job.params?.app?.['case']),
  },
]

async function* changeCase(
  text: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  wanted: unknown,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder()
  let insideWord = false
  const change = (part: string): string => {
    if (wanted === 'upper') return part.toUpperCase()
    if (wanted === 'lower') return part.toLowerCase()
    if (wanted !== 'title') return part
    return part.replace(/\p{L}+|[^\p{L}]+/gu, (run) => {
      const isWord = /^\p{L}/u.test(run)
      const begins = isWord && !insideWord
      insideWord = isWord
      if (!isWord) return run
      const [first = '', ...rest] = run
      return (begins ? first.toUpperCase() : first.toLowerCase()) + rest.join('').toLowerCase()
    })
  }
  for await (const bytes of text) yield Buffer.from(change(decoder.decode(bytes, { stream: true })))
  yield Buffer.from(change(decoder.decode()))
}

/** Language models: the file that the published apps write (observed), with a text that says who wrote it. */
export const generatedText: Recipe = (_template, job) => {
  const prompt = job.params?.app?.['prompt']
  const text = `This text was made up by bytenite-emulator. The prompt was: ${typeof prompt === 'string' ? prompt : 'none'}`
  return perTask(job, (task, tasks) => textFile(taskFileName('llama4_output_0.txt', task, tasks), text))
}

const sentences = (input: string): string[] => [
  `This transcript of ${input} was made up by bytenite-emulator.`,
  'Nobody listened to the recording.',
  'It is the same each time, so that a test can rely on it.',
]

/** Assemblers that make decisions of transcripts. */
const extractors = new Set(['fanin', 'decision-extractor-assembler'])

const secondsPerSentence = 4

/** Transcriptions: Whisper's answer in the file that the public transcription app writes (observed); the words are chosen. */
export const transcript: Recipe = (template, job, input) => {
  const parts = sentences(input?.name ?? 'no input')
  const model = job.params?.app?.['model']
  const result = {
    text: parts.map((part) => ` ${part}`).join(''),
    language: 'en',
    segments: parts.map((part, id) => ({
      id,
      seek: 0,
      start: id * secondsPerSentence,
      end: (id + 1) * secondsPerSentence,
      text: ` ${part}`,
      tokens: [],
      temperature: 0,
      avg_logprob: -0.25,
      compression_ratio: 1.5,
      no_speech_prob: 0.01,
    })),
    model_used: typeof model === 'string' ? model : 'turbo',
  }
  if (extractors.has(parseTag(template?.assembler ?? '')?.name ?? '')) {
    // The assembler reads the transcripts and leaves one file (observed); what is in it is chosen.
    const decisions = [`No decision was found in ${input?.name ?? 'no input'}: bytenite-emulator made this up.`]
    return [jsonFile('decisions.json', { decisions, transcripts: perTask(job, () => result.text) })]
  }
  return perTask(job, (task, tasks) => jsonFile(taskFileName('transcription_result.json', task, tasks), result))
}

/** Templates that nothing is known of: a text that tells what the job was given (chosen). */
export const echo: Recipe = (_template, job, input) =>
  perTask(job, (task, tasks) =>
    textFile(
      taskFileName('output.txt', task, tasks),
      [
        `Made up by bytenite-emulator for job ${job.id} of template ${job.templateId}, task ${task + 1} of ${tasks}.`,
        input === null
          ? 'Input: none'
          : `Input: ${input.name}${input.size === null ? ', not fetched' : `, ${input.size} bytes`}`,
        `Params: ${JSON.stringify(job.params ?? {})}`,
        '',
      ].join('\n'),
    ),
  )

import { directAgent, isLoopback } from '../base/address.ts'
import { createWriteStream, renameSync, rmSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { type ClientRequest, type IncomingMessage, request, type RequestOptions } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { json } from 'node:stream/consumers'
import { notRead, notWritten } from './files.ts'
import { print, reach, type Running, sentenceOf, withReplaceFlag } from './reach.ts'
import type { Invocation } from './subcommand.ts'

/** Writes a world, or with `--har` its journal, to a file, or to stdout for `-`. A file that is there already is replaced once the new one is whole. */
export async function exportWorld(invocation: Invocation): Promise<void> {
  const running = reach(invocation)
  const isHar = invocation.options['har'] === true
  const [file = `${running.name}.${isHar ? 'har' : 'tar'}`] = invocation.args
  const response = await transfer(running, { method: 'GET' }, isHar ? 'journal.har' : 'export', (question) =>
    question.end(),
  )
  if (file === '-') return pipeline(response, process.stdout)
  const part = `${file}.part`
  try {
    await pipeline(response, createWriteStream(part, { mode: 0o600 }))
    renameSync(part, file)
  } catch (error) {
    rmSync(part, { force: true })
    throw notWritten(file, error)
  }
  print(`${isHar ? 'journal of ' : ''}world ${running.name}: exported to ${file} (${statSync(file).size} bytes)`)
}

/** Makes a world of a file. */
export async function importWorld(invocation: Invocation): Promise<void> {
  const [file = ''] = invocation.args
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) throw new Error(`file ${file} does not exist`)
  if (found.isDirectory()) throw new Error(`file ${file} is a folder; import takes the file that export wrote`)
  const running = reach(invocation)
  const source = await open(file).catch((error: unknown) => {
    throw notRead(file, error)
  })
  const replace = invocation.options['replace'] === true
  const headers = { 'content-type': 'application/x-tar', 'content-length': found.size }
  const response = await transfer(running, { method: 'POST', headers }, `import?replace=${replace}`, (question) => {
    // An answer can come before the end; then the rest is not read.
    pipeline(source.createReadStream(), question).catch(() => undefined)
  }).catch((error: unknown) => {
    throw withReplaceFlag(error)
  })
  response.resume()
  print(`world ${running.name}: imported from ${file}`)
}

/** By node:http, which streams both ways and knows no time limit. */
function transfer(
  { url, name }: Running,
  options: RequestOptions,
  act: string,
  send: (question: ClientRequest) => void,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const agent = isLoopback(url) ? directAgent : undefined
    const question = request(`${url}/_emulator/worlds/${name}/${act}`, { agent, ...options }, (response) => {
      if (response.statusCode === 200) return resolve(response)
      json(response).then(
        (body) => {
          question.destroy()
          reject(new Error((body as { message?: string }).message ?? `${url} answered ${response.statusCode}`))
        },
        () => reject(new Error(`${url} answered ${response.statusCode}`)),
      )
    })
    question.once('error', (error) => reject(sentenceOf(error, url)))
    send(question)
  })
}

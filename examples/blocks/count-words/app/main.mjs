// An app in JavaScript: counts the words of its chunk.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const { TASK_DIR, TASK_RESULTS_DIR, CHUNK_NUMBER } = process.env
const text = readFileSync(join(TASK_DIR, 'data.bin'), 'utf8')
const words = text.split(/\s+/).filter((word) => word !== '').length

console.log(`chunk ${CHUNK_NUMBER}: ${words} words`)
writeFileSync(join(TASK_RESULTS_DIR, 'words.json'), `${JSON.stringify({ words })}\n`)

// What Fastify alone makes of a create, and of a GET of a job: its own JSON parser, validation by the schema, the compiled
// serializer, no database.
// Arguments: port, file with the answer.
import { readFileSync } from 'node:fs'
import fastify from 'fastify'
import { CreateJobRequest, JobResponse } from '../schemas/jobs.ts'
import { createPath } from './job.js'

const [port, answerFile] = process.argv.slice(2)
const answer = JSON.parse(readFileSync(answerFile, 'utf8'))

const app = fastify({ ajv: { customOptions: { keywords: ['x-proto'] } } })
/** @type {import('fastify').onRequestAsyncHookHandler} */
const onRequest = async (request, reply) =>
  request.headers.authorization === undefined ? reply.code(401).send() : undefined
const response = { 200: JobResponse }
app.post(createPath, { onRequest, schema: { body: CreateJobRequest, response } }, async () => answer)
app.get(`${createPath}/:jobId`, { onRequest, schema: { response } }, async () => answer)
app.get('/', async () => 'up')
await app.listen({ port: Number(port), host: '127.0.0.1' })

// What Fastify alone makes of a create: its own JSON parser, validation by the schema, the compiled serializer, no database.
// Arguments: port, file with the answer.
import { readFileSync } from 'node:fs'
import fastify from 'fastify'
import { CreateJobRequest, JobResponse } from '../schemas/jobs.ts'
import { createPath } from './job.js'

const [port, answerFile] = process.argv.slice(2)
const answer = JSON.parse(readFileSync(answerFile, 'utf8'))

const app = fastify({ ajv: { customOptions: { keywords: ['x-proto'] } } })
app.post(
  createPath,
  {
    onRequest: async (request, reply) =>
      request.headers.authorization === undefined ? reply.code(401).send() : undefined,
    schema: { body: CreateJobRequest, response: { 200: JobResponse } },
  },
  async () => answer,
)
app.get('/', async () => 'up')
await app.listen({ port: Number(port), host: '127.0.0.1' })

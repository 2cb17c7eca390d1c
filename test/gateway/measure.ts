// `npx tsx test/gateway/measure.ts PORT [--write]`: asks a real grpc-gateway (README.md says how to build one) what the cases ask,
// and shows the answers that are not those in cases.jsonl, or writes them there.
import { writeFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { type Answer, ask, type Case, cases, casesFile } from './cases.ts'

const [port, option] = process.argv.slice(2)
/** As long as the one of the first measurement: messages have the column of what stands behind it. */
const job = 'job001'

/** Asks once. The space behind `proto:` is one or another in each build of protobuf-go. */
async function measure(each: Case): Promise<Answer> {
  const { status, body } = await ask(Number(port), each, job)
  if (body === undefined) return { status }
  if (status === 200) return { status, decoded: JSON.parse(JSON.stringify(body).replaceAll(job, '{job}')) }
  return { status, code: body.code, message: body.message.replace(/^proto:\u00a0/, 'proto: ') }
}

const lines: string[] = []
let differing = 0
for (const each of cases) {
  const answer = each.unstable === true ? each.answer : await measure(each)
  if (!isDeepStrictEqual(answer, each.answer)) {
    differing++
    console.log(`${each.name}\n  recorded ${JSON.stringify(each.answer)}\n  found    ${JSON.stringify(answer)}`)
  }
  lines.push(JSON.stringify({ ...each, answer }))
}
console.log(`${cases.length} cases, ${differing} differ`)
if (option === '--write') writeFileSync(casesFile, `${lines.join('\n')}\n`)
else if (differing > 0) process.exitCode = 1

// The three requests of a whole test that go over a socket, answered by Fastify alone. In a process of its own, as in that of the
// fixture they would come after what compiles fetch() just in time. Prints JSON: the milliseconds of each round.
import fastify from 'fastify'

/** As often as the fixture's program does a whole test. */
const repetitions = 30

const bare = fastify()
for (const method of ['GET', 'POST']) bare.route({ method, url: '/', handler: async () => ({ job: { id: '' } }) })
const url = await bare.listen({ port: 0, host: '127.0.0.1' })
const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"templateId":"x"}' }
const times = []
for (let round = 0; round < repetitions; round++) {
  const begin = performance.now()
  for (const init of [post, post, {}]) await (await fetch(url, init)).json()
  times.push(performance.now() - begin)
}
await bare.close()
console.log(JSON.stringify(times))

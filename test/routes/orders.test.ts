// `orderBy` of every list: what cannot be read is ignored and noted, or refused by strict mode.
import t from 'tap'
import { client, emulator } from '../emulator.ts'

const lists = [
  ['GET', '/v1/customer/jobs', 'createdAt'],
  ['POST', '/v1/customer/jobs/filter', 'createdAt'],
  ['GET', '/v1/customer/jobs/templates', 'description'],
  ['GET', '/v1/dev/templates', 'description'],
  ['GET', '/v1/dev/apps', 'updatedAt'],
  ['GET', '/v1/dev/engines', 'updatedAt'],
  ['GET', '/v1/wallet/transactions', 'amount'],
  ['POST', '/v1/wallet/transactions/filter', 'amount'],
] as const

for (const strict of [false, true]) {
  void t.test(`an orderBy that cannot be read${strict ? ', strictly' : ''}`, async (t) => {
    const started = await emulator(t, { strict })
    const call = client(started.url, await started.world('default').token())
    const list = (method: string, path: string, orderBy: string) =>
      method === 'GET'
        ? call(method, `${path}?orderBy=${encodeURIComponent(orderBy)}`)
        : call(method, path, { orderBy })
    for (const [method, path, field] of lists) {
      const odd = `${field.slice(0, -1)}x`
      for (const orderBy of [odd, `${field} upwards`, `${field} asc desc`, `${field};DROP TABLE jobs`, '__proto__']) {
        const { status, body } = await list(method, path, orderBy)
        const name = `${method} ${path} ${orderBy}`
        if (strict) {
          t.match([status, body.code, body.message], [400, 3, `orderBy "${orderBy}"`], name)
          continue
        }
        const unset = await list(method, path, '')
        t.strictSame([status, body], [200, unset.body], name)
        const [exchange] = (await started.world('default').requests()).slice(-2)
        t.strictSame(exchange!.unknownFields, [`orderBy="${orderBy}"`], name)
      }
      t.equal((await list(method, path, `${field} DESC`)).status, 200)
    }
  })
}

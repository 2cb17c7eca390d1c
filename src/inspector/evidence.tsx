import type { FidelityRow, Ground } from '../../schemas/fidelity.ts'
import { Chip, Empty, Sentence } from './parts.tsx'
import type { Seen } from './stream.ts'

/** From the firmest ground to none. Written again, as the schemas would bring their library along. */
const grounds: readonly Ground[] = ['documented', 'observed', 'measured', 'inferred', 'chosen']

/** The evidence on which the answers to this world's requests stand. */
export function Evidence(props: {
  readonly seen: readonly Seen[]
  readonly rows: ReadonlyMap<string, FidelityRow>
  readonly world: string
}) {
  const counts = new Map<string, number>()
  for (const { world, exchange } of props.seen) {
    const id = exchange.ground.split('; ')[1] ?? ''
    if (world === props.world && id !== '') counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  const used = [...counts].flatMap(([id, count]) => {
    const row = props.rows.get(id)
    return row === undefined ? [] : [{ ...row, count }]
  })
  if (used.length === 0) {
    return (
      <Empty title="No answers yet">
        <p>When a client has sent a request, this view shows the evidence behind its answer.</p>
      </Empty>
    )
  }
  const chosen = used.filter(({ ground }) => ground === 'chosen').length
  return (
    <section class="evidence-view" aria-label="Evidence">
      <h2>
        {chosen === 0
          ? 'Nothing that your client met was chosen by the emulator'
          : `Your client relies on ${chosen} ${chosen === 1 ? 'behaviour' : 'behaviours'} that the emulator chose`}
      </h2>
      <p class="lead">
        The service can no longer be asked. Each answer says what stands behind it, from <i>documented</i> by the vendor
        to <i>chosen</i> here.
      </p>
      {grounds.map((ground) => {
        const ofGround = used.filter((row) => row.ground === ground).sort((a, b) => b.count - a.count)
        if (ofGround.length === 0) return null
        return (
          <section key={ground}>
            <h3>
              <Chip kind={`ground-${ground}`}>{ground}</Chip>
            </h3>
            <ul class="plain">
              {ofGround.map(({ id, known, count }) => (
                <li key={id}>
                  <b>{id}</b> <small>{count === 1 ? 'once' : `${count} times`}</small>
                  <div>
                    <Sentence text={known} />
                  </div>
                </li>
              ))}
            </ul>
          </section>
        )
      })}
    </section>
  )
}

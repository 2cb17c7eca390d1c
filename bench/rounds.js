/**
 * Measures each in every round, in turns the other way round, so that none always comes first.
 *
 * @template Contender, Outcome
 * @param {Contender[]} contenders
 * @param {number} rounds
 * @param {(contender: Contender) => Promise<Outcome>} measure
 * @returns {Promise<Outcome[][]>} by contender, then by round
 */
export async function alternate(contenders, rounds, measure) {
  /** @type {Outcome[][]} */
  const outcomes = contenders.map(() => [])
  for (let round = 0; round < rounds; round++) {
    const turn = [...contenders.entries()]
    if (round % 2 === 1) turn.reverse()
    for (const [index, contender] of turn) outcomes[index].push(await measure(contender))
  }
  return outcomes
}

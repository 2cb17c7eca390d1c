/** The reason why a job fails, as its `errorMessage` has it. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure'
  /** Number of the chunk whose task failed; 0 for others. */
  readonly chunk: number
  constructor(message: string, chunk = 0) {
    super(message)
    this.chunk = chunk
  }
}

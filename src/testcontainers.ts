import { connect, type EmulatorClient } from './client.ts'

/** The part of the package `testcontainers` that is used here. The caller brings the package, in a version of their own. */
export interface Testcontainers<Started extends StartedContainer = StartedContainer> {
  readonly GenericContainer: new (image: string) => Container<Started>
  readonly Wait: { forHealthCheck(): unknown }
}

interface Container<Started> {
  withExposedPorts(port: number): this
  withEnvironment(environment: Record<string, string>): this
  withWaitStrategy(strategy: unknown): this
  start(): Promise<Started>
}

interface StartedContainer {
  getHost(): string
  getMappedPort(port: number): number
  stop(): Promise<unknown>
}

export interface ContainerOptions {
  /** Absent: `bytenite-emulator`. */
  readonly image?: string
  /** Settings of the emulator, such as `BYTENITE_EMULATOR_PACE`. */
  readonly environment?: Readonly<Record<string, string>>
}

/** An emulator in a container: what `connect()` returns, and its end. */
export interface EmulatorContainer<Started> extends EmulatorClient, AsyncDisposable {
  readonly container: Started
  /** Ends and removes the container. */
  stop(): Promise<void>
}

const port = 2983

/**
 * Starts the emulator's image.
 *
 * @param testcontainers the package of that name: `import * as testcontainers from 'testcontainers'`
 * @returns once its health check is passed
 */
export async function startContainer<Started extends StartedContainer>(
  { GenericContainer, Wait }: Testcontainers<Started>,
  { image = 'bytenite-emulator', environment = {} }: ContainerOptions = {},
): Promise<EmulatorContainer<Started>> {
  const container = await new GenericContainer(image)
    .withExposedPorts(port)
    .withEnvironment({ ...environment })
    .withWaitStrategy(Wait.forHealthCheck())
    .start()
  const stop = async (): Promise<void> => void (await container.stop())
  const url = `http://${container.getHost()}:${container.getMappedPort(port)}`
  return { ...connect(url), container, stop, [Symbol.asyncDispose]: stop }
}

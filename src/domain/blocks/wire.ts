import type { App, Engine } from '../../../schemas/blocks.ts'
import { formatTimestamp } from '../../base/timestamps.ts'
import type { Micros } from '../../base/timestamps.ts'
import type { Manifest } from './manifest.ts'

/** The parts of a block's record that clients see. */
interface ShownBlock extends Manifest {
  readonly id: string
  readonly active: boolean
  readonly revision: number
  readonly createdAt: Micros
  readonly updatedAt: Micros
  readonly hash: string
}

export const statusOf = ({ active }: Pick<ShownBlock, 'active'>): string => (active ? 'active' : 'inactive')

/** An app as clients see it, in the order of the reference. The token of a private image is masked (chosen). */
export const appToWire = (block: ShownBlock, owner: string): App => ({
  id: block.id,
  name: block.name,
  version: `${block.major}.${block.minor}`,
  owner,
  status: statusOf(block),
  deviceRequirements: deviceOf(block),
  isPublic: false,
  createdAt: formatTimestamp(block.createdAt),
  updatedAt: formatTimestamp(block.updatedAt),
  platform: 'docker',
  hash: block.hash,
  link: '',
  platformConfig: platformOf(block),
  entrypoint: block.entrypoint,
  revision: String(block.revision),
  description: block.description,
  userName: '',
})

/** An engine as clients see it. */
export const engineToWire = (block: ShownBlock, owner: string): Engine => ({
  id: block.id,
  name: block.name,
  version: `${block.major}.${block.minor}`,
  owner,
  type: block.type,
  status: statusOf(block),
  description: block.description,
  hash: block.hash,
  link: '',
  entrypoint: block.entrypoint,
  revision: block.revision,
  createdAt: formatTimestamp(block.createdAt),
  updatedAt: formatTimestamp(block.updatedAt),
  deletedAt: null,
  platform: 'docker',
  platformConfig: platformOf(block),
  deviceRequirements: deviceOf(block),
  isPublic: false,
  userName: '',
})

const deviceOf = ({ deviceRequirements: { minCpu, minMemory, gpu } }: ShownBlock): App['deviceRequirements'] => ({
  minCpu,
  minMemory,
  gpu: [...gpu],
})

const platformOf = ({ platformConfig }: ShownBlock): App['platformConfig'] => ({
  container: platformConfig.container,
  privateImage: platformConfig.privateImage,
  username: platformConfig.username,
  token: platformConfig.token === '' ? '' : '***',
  secrets: [...platformConfig.secrets],
})

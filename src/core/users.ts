import type { SetUserInfoRequest, User } from '../../schemas/users.ts'
import type { Commit } from '../store/commit.ts'
import type { UserStore } from '../store/users.ts'
import { changedUser, newUser, userToWire } from '../domain/accounts/users.ts'
import type { Caller } from './caller.ts'

/** The user of an account. */
export interface Users {
  get(caller: Caller): User
  /** Changes the given fields; the others stay. */
  update(caller: Caller, change: SetUserInfoRequest): Promise<User>
}

export function createUsers(commit: Commit, rows: UserStore): Users {
  const find = ({ world, account }: Caller) => rows.find(world.key, account) ?? newUser
  return {
    get: (caller) => userToWire(caller.world.name, caller.account, caller.world.createdAt, find(caller)),
    update(caller, change) {
      const { world, account } = caller
      return commit(() => {
        const user = changedUser(find(caller), change)
        rows.save(world.key, account, user)
        return userToWire(world.name, account, world.createdAt, user)
      })
    },
  }
}

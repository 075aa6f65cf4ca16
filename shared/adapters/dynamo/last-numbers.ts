import type { LastNumbers } from '../../ports/last-numbers.ts'
import { N, numberOf } from './item.ts'
import { createSetMembers, type SetMembersOptions } from './set-members.ts'

export type LastNumbersOptions = SetMembersOptions & {
  /** The partition in the base table, `secret-versions`. */
  readonly set: string
}

/** One item a name, raised by a conditional put. @throws CodedError LS-STORAGE */
export function createLastNumbers({ set, ...options }: LastNumbersOptions): LastNumbers {
  const members = createSetMembers(options)
  return {
    async last(name) {
      const there = await members.get(set, name)
      return there ? numberOf(there, 'last') : 0
    },
    async raise(name, to) {
      await members.put(set, name, { last: N(to) }, { anyOf: ['#last < :last'], names: ['last'], values: { ':last': N(to) } })
    },
  }
}

import { grant } from '../../domain/budget.ts'
import type { Budgets } from '../../ports/budgets.ts'
import type { Clock } from '../../ports/clock.ts'
import { N, numberOf } from './item.ts'
import { createSetMembers, type SetMembersOptions } from './set-members.ts'

const BUDGETS = 'budgets'
const ATTEMPTS = 10

/** One item a budget in the base table, changed only if nobody changed it since it was read. @throws CodedError LS-STORAGE */
export function createBudgets(options: SetMembersOptions & { readonly clock: Clock }): Budgets {
  const members = createSetMembers(options)
  return {
    async take(name, wanted, rate) {
      let there = await members.get(BUDGETS, name)
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const before = there && numberOf(there, 'full')
        const { granted, full } = grant(before, options.clock.now(), wanted, rate)
        // one that stands further ahead than empty is of a clock that was set back since: it is made empty, or it would wait for that clock
        if (granted === 0 && full >= (before ?? full)) return 0
        const put = await members.put(BUDGETS, name, { full: N(full) }, unchanged(before))
        if (put.put) return granted
        there = put.there
      }
      return 0 // so many others draw on it that waiting is right anyway
    },
  }
}

const unchanged = (before: number | undefined) => ({
  anyOf: ['#full = :before'],
  names: ['full'],
  values: { ':before': N(before ?? -1) },
})

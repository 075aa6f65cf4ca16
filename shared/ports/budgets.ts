import type { Rate } from '../domain/budget.ts'

/** T3: rates that every function of an installation draws on. */
export interface Budgets {
  /** How many of `wanted` may go ahead now, 0 to all; what was granted is spent, used or not. */
  take(name: string, wanted: number, rate: Rate): Promise<number>
}

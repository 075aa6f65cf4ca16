import { type Item, PRICES } from './prices.ts'

/** How many of each thing that AWS counts. */
export type Counts = Readonly<Partial<Record<Item, number>>>

/** Counts while something runs, and how long the run under way would take: calls one after the other, which is the most that it can be. */
export class Meter {
  private counted: Partial<Record<Item, number>> = {}
  milliseconds = 0

  add(item: Item, count: number): void {
    this.counted[item] = (this.counted[item] ?? 0) + count
  }
  /** A call that takes so long. */
  takes(milliseconds: number): void {
    this.milliseconds += milliseconds
  }
  /** What was counted since the last time. */
  read(): Counts {
    const { counted } = this
    this.counted = {}
    return counted
  }
}

export const plus = (...all: readonly Counts[]): Counts => {
  const sum: Partial<Record<Item, number>> = {}
  for (const counts of all) for (const [item, count] of Object.entries(counts)) sum[item as Item] = (sum[item as Item] ?? 0) + count
  return sum
}

export const times = (counts: Counts, factor: number): Counts =>
  Object.fromEntries(Object.entries(counts).map(([item, count]) => [item, count * factor]))

export const costOf = (counts: Counts): number =>
  Object.entries(counts).reduce((sum, [item, count]) => sum + count * PRICES[item as Item], 0)

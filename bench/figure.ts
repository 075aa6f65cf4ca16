/** One line of the report. Lower is better where there is a floor. */
export type Figure = {
  readonly name: string
  readonly value: number
  readonly unit: 'ms' | 'µs' | '1/s'
  /** The same thing without Longshore, measured in the same rounds. */
  readonly floor?: number
  /** Median of the rounds' own ratios, so that a busy machine slows both sides of one. */
  readonly ratio?: number
  /** The most that `ratio` may be. */
  readonly goal?: number
  readonly note?: string
}

/** What one benchmark says; `traces` are lines for a person that tell where the time goes. */
export type Result = { readonly figures: readonly Figure[]; readonly traces: readonly string[] }

export type Bench = { readonly name: string; readonly does: string; run(): Promise<Result> }

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Milliseconds that it took. */
export async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await run()
  return performance.now() - began
}

export type Pair = { readonly ours: number; readonly floor: number }

/** Both sides of one round right after another; who begins changes with each round, since the second one finds warmer caches. */
export async function inRounds(rounds: number, ours: () => Promise<number>, floor: () => Promise<number>): Promise<readonly Pair[]> {
  const pairs: Pair[] = []
  for (let round = 0; round < rounds; round++) {
    if (round % 2) pairs.push({ ours: await ours(), floor: await floor() })
    else {
      const raw = await floor()
      pairs.push({ ours: await ours(), floor: raw })
    }
  }
  return pairs
}

export function paired(name: string, unit: Figure['unit'], pairs: readonly Pair[], more: Pick<Figure, 'goal' | 'note'> = {}): Figure {
  return {
    name,
    unit,
    value: median(pairs.map(pair => pair.ours)),
    floor: median(pairs.map(pair => pair.floor)),
    ratio: median(pairs.map(pair => pair.ours / pair.floor)),
    ...more,
  }
}

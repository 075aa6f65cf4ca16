type Entry = { readonly at: number; readonly order: number; readonly run: () => void }

/**
 * Virtual time in milliseconds: what is scheduled happens in the order of its moments, and in between every promise that can go on does.
 * Only simulated calls are waited for, so draining the microtasks is enough; the few that need the event loop say so (`needsLoop`).
 */
export class Scheduler {
  now = 0
  steps = 0
  /** Set by whoever resolves a promise of the code under test. */
  woken = false
  /** True while something runs that needs turns of Node's own loop (web streams in the HTTP handler). */
  needsLoop: () => boolean = () => false
  private readonly heap: Entry[] = []
  private order = 0

  after(delay: number, run: () => void): void {
    this.push({ at: this.now + Math.max(0, Math.ceil(delay)), order: this.order++, run })
  }

  /** Runs what is due up to `until`, which becomes the present. */
  async run(until: number, isOver: () => boolean = () => false): Promise<void> {
    for (let next = this.heap[0]; next && next.at <= until && !isOver(); next = this.heap[0]) {
      this.pop()
      this.now = next.at
      this.steps++
      next.run()
      if (this.woken) await this.settle()
    }
    if (!isOver()) this.now = until
  }

  /** Until nothing of the code under test can go on: ticks come after all microtasks, those that microtasks queue included. */
  async settle(): Promise<void> {
    this.woken = false
    await new Promise<void>(resolve => process.nextTick(resolve))
    for (let turn = 0; turn < 50 && this.needsLoop(); turn++) await new Promise<void>(resolve => setImmediate(resolve))
  }

  private push(entry: Entry): void {
    const { heap } = this
    let index = heap.push(entry) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(entry, heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = entry
  }

  private pop(): void {
    const { heap } = this
    const last = heap.pop()!
    if (heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, last)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
  }
}

const isBefore = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order)

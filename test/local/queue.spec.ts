import { describe, expect, it } from 'vitest'
import { Queue } from '../../infra/local/queue.ts'

/** A queue whose function tells how many messages each run got. */
function counting(options: { readonly windowMs?: number; readonly batch?: number }) {
  const runs: number[] = []
  const invoke = async (_: string, event: string) => {
    runs.push((JSON.parse(event) as { readonly Records: readonly unknown[] }).Records.length)
    return '{"batchItemFailures":[]}'
  }
  return { runs, queue: new Queue('project', invoke, { batch: 10, concurrency: 8, ...options }) }
}

describe('a queue of the host', () => {
  it('with a window gathers what comes within it (L11)', async () => {
    const { runs, queue } = counting({ windowMs: 20 })
    queue.send('a')
    await new Promise(resolve => setImmediate(resolve))
    queue.send('b')
    expect(runs).toEqual([])
    await expect.poll(() => runs).toEqual([2])
    queue.send('c')
    await expect.poll(() => runs).toEqual([2, 1])
    await queue.close()
  })

  it('without one runs at once', async () => {
    const { runs, queue } = counting({})
    queue.send('a')
    await new Promise(resolve => setImmediate(resolve))
    expect(runs).toEqual([1])
    await queue.close()
  })

  it('runs no larger batch than it may, window or not', async () => {
    const { runs, queue } = counting({ windowMs: 5, batch: 2 })
    for (const body of ['a', 'b', 'c']) queue.send(body)
    await expect.poll(() => runs).toEqual([2, 1])
    await queue.close()
  })

  it('sends nothing of a window that it was closed in', async () => {
    const { runs, queue } = counting({ windowMs: 10 })
    queue.send('a')
    await queue.close()
    await new Promise(resolve => setTimeout(resolve, 30))
    expect(runs).toEqual([])
  })
})

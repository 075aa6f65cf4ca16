import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Metric } from '../../shared/domain/scale-policy.ts'
import type { MetricQuery, Metrics } from '../../shared/ports/metrics.ts'
import { eventually } from './eventually.ts'

/** What an adapter brings: two tasks, of which the first is at work and the second is not. */
export type MetricsHarness = {
  readonly metrics: Metrics
  readonly stream: string
  /** What it measures; and whether of each task, or of the service as a whole. */
  readonly metric: Metric
  readonly isPerTask: boolean
  readonly tasks: readonly [MetricQuery['tasks'][number], MetricQuery['tasks'][number]]
  /** What it does not measure. */
  readonly foreign: Metric
  /** The oldest moment that a reading made now may tell, by the test's clock; default a second ago. */
  readonly oldestMs?: number
  /** From now on the source does not answer; absent where it cannot fail. */
  fail?(): Promise<void> | void
  close(): Promise<void>
}

/** What every adapter owes the autoscaler: figures that were measured, or none and the reason. */
export function metricsContract(name: string, start: () => Promise<MetricsHarness>): void {
  describe(`metrics contract: ${name}`, () => {
    let harness: MetricsHarness
    beforeEach(async () => {
      harness = await start()
    }, 60_000)
    afterEach(() => harness.close(), 60_000)

    const read = (change: Partial<MetricQuery> = {}) =>
      harness.metrics.read({ stream: harness.stream, metric: harness.metric, tasks: harness.tasks, ...change })
    const known = async () => {
      let reading = await read()
      await eventually('a reading', async () => {
        reading = await read()
        return reading.samples.length === (harness.isPerTask ? 2 : 1)
      })
      return reading
    }

    test('a reading is a figure, with the moment at which it was measured', { timeout: 30_000 }, async () => {
      const before = Date.now()
      for (const { value, at } of (await known()).samples) {
        expect(Number.isFinite(value) && value >= 0).toBe(true)
        expect(at).toBeGreaterThanOrEqual(before - (harness.oldestMs ?? 1_000))
        expect(at).toBeLessThanOrEqual(Date.now())
      }
    })

    test('readings are of the tasks that were asked about, or of the whole service', { timeout: 30_000 }, async () => {
      const [busy, quiet] = harness.tasks
      const tasks = (await known()).samples.map(sample => sample.task)
      expect(tasks.sort()).toEqual(harness.isPerTask ? [busy.id, quiet.id].sort() : [undefined])
    })

    test('a task at work reads higher than one that is not', { timeout: 30_000 }, async () => {
      if (!harness.isPerTask) return
      await eventually('a difference', async () => {
        const { samples } = await read()
        const [busy, quiet] = harness.tasks.map(({ id }) => samples.find(sample => sample.task === id)?.value)
        return busy !== undefined && quiet !== undefined && busy > quiet
      })
    })

    test('a task that is not there has no reading, and leaves the others theirs', { timeout: 30_000 }, async () => {
      await known()
      const absent = { ...harness.tasks[0], id: 'web-9-absent', runtimeId: '999999@nobody' }
      const tasks = [absent, harness.tasks[0]]
      let samples = (await read({ tasks })).samples
      await eventually('the other one', async () => {
        samples = (await read({ tasks })).samples
        return samples.length > 0
      })
      expect(samples.map(sample => sample.task)).toEqual([harness.isPerTask ? harness.tasks[0].id : undefined])
      expect((await read({ tasks: [absent] })).samples.filter(sample => sample.task !== undefined)).toEqual([])
    })

    test('no tasks, no readings of tasks', async () => {
      expect((await read({ tasks: [] })).samples.filter(sample => sample.task !== undefined)).toEqual([])
    })

    test('a metric that it does not measure has no reading, and a reason', async () => {
      const { samples, problem } = await read({ metric: harness.foreign })
      expect(samples).toEqual([])
      expect(problem).toMatch(/\w+/)
    })

    test('a source that fails gives no reading and the reason, and never throws', { timeout: 30_000 }, async () => {
      if (!harness.fail) return
      await known()
      await harness.fail()
      const { samples, problem } = await read()
      expect(samples).toEqual([])
      expect(problem).toMatch(/\w+/)
    })

    test('several who ask at once each get their answer', { timeout: 30_000 }, async () => {
      await known()
      const answers = await Promise.all(Array.from({ length: 5 }, () => read()))
      for (const { samples } of answers) expect(samples).toHaveLength(harness.isPerTask ? 2 : 1)
    })
  })
}

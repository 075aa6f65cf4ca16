import type Dockerode from 'dockerode'
import { expect, test } from 'vitest'
import { createContainerMetrics } from '../../shared/adapters/docker/container-metrics.ts'

const START = Date.parse('2026-11-27T10:00:00Z')
const at = (seconds: number) => new Date(START + seconds * 1_000).toISOString()

type Answer = {
  readonly cpuSeconds: number
  readonly second: number
  readonly before?: { readonly cpuSeconds: number; readonly second: number }
}

/** An engine that answers one after another, as recorded from 20.10: `before` only where one-shot was not asked for. */
function engine(answers: readonly Answer[], memory: object = {}) {
  const asked: boolean[] = []
  const docker = {
    getContainer: () => ({
      inspect: async () => ({ Config: { Labels: { 'longshore.installation': 'here' } }, State: { Running: true } }),
      stats: async (options: { 'one-shot': boolean }) => {
        const { cpuSeconds, second, before } = answers[Math.min(asked.push(options['one-shot']), answers.length) - 1]!
        return {
          read: at(second),
          preread: before ? at(before.second) : '0001-01-01T00:00:00Z',
          cpu_stats: { cpu_usage: { total_usage: cpuSeconds * 1e9 } },
          precpu_stats: { cpu_usage: { total_usage: (before?.cpuSeconds ?? 0) * 1e9 } },
          memory_stats: memory,
        }
      },
    }),
  } as unknown as Dockerode
  const metrics = createContainerMetrics({ docker, installation: 'here', clock: { now: () => START } })
  const read = async (kind: 'cpu' | 'memory', limits: { readonly cpus?: number; readonly memory?: number } = {}) => {
    const { samples, problem } = await metrics.read({ stream: 'service/shop/web', metric: { kind }, tasks: [{ id: 'web-1', ...limits }] })
    return samples[0]?.value ?? problem
  }
  return { read, asked }
}

test('the first reading lets the engine take both ends; later ones are measured against the one that was kept', async () => {
  const { read, asked } = engine([
    { cpuSeconds: 10.5, second: 1, before: { cpuSeconds: 10, second: 0 } },
    { cpuSeconds: 18, second: 16 },
  ])
  expect(await read('cpu')).toBeCloseTo(50)
  expect(await read('cpu', { cpus: 2 })).toBeCloseTo(25)
  expect(asked).toEqual([false, true])
})

test('what was kept is too old, or counts from a later start: the engine takes both ends again', async () => {
  const fresh = { cpuSeconds: 1, second: 2_001, before: { cpuSeconds: 0.9, second: 2_000 } }
  for (const second of [300, 20]) {
    const { read, asked } = engine([
      { cpuSeconds: 10.5, second: 1, before: { cpuSeconds: 10, second: 0 } },
      { cpuSeconds: second === 300 ? 200 : 0.2, second },
      fresh,
    ])
    await read('cpu')
    expect(await read('cpu')).toBeCloseTo(10)
    expect(asked).toEqual([false, true, false])
  }
})

test.each([
  ['cgroup v1', { usage: 60e6, stats: { total_inactive_file: 20e6, inactive_file: 1e6 } }, 40],
  ['cgroup v2', { usage: 60e6, stats: { inactive_file: 20e6 } }, 40],
  ['a cache larger than the use', { usage: 10e6, stats: { inactive_file: 20e6 } }, 10],
  ['no cache told', { usage: 10e6 }, 10],
])('memory leaves out the file cache that the kernel can drop: %s', async (_, memory, percent) => {
  expect(await engine([{ cpuSeconds: 1, second: 0 }], memory).read('memory', { memory: 100e6 })).toBeCloseTo(percent)
})

test('memory without a limit has no reading, and says that it needs one', async () => {
  expect(await engine([{ cpuSeconds: 1, second: 0 }], { usage: 1 }).read('memory')).toContain('deploy.resources.limits.memory')
})

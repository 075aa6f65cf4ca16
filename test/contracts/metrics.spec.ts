import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createNumberMetrics } from '../../shared/adapters/http/number-metrics.ts'
import { startOf } from '../../shared/adapters/process/process-identity.ts'
import { createProcessMetrics } from '../../shared/adapters/process/process-metrics.ts'
import { createHomeRouter } from '../../shared/adapters/proxy/home-router.ts'
import { createRequestMetrics } from '../../shared/adapters/proxy/request-metrics.ts'
import type { Metric } from '../../shared/domain/scale-policy.ts'
import { ask, closeAll, freePort, front, httpTarget } from '../router/servers.ts'
import { type MetricsHarness, metricsContract } from './metrics-contract.ts'

const clock = { now: () => Date.now() }
const stream = 'service/shop/web'
const [cpu, memory, requests]: readonly Metric[] = [{ kind: 'cpu' }, { kind: 'memory' }, { kind: 'requests' }]

/** Shells that run as a task's first process does: each with a group of its own. */
async function processes(metric: Metric): Promise<MetricsHarness> {
  const grow = 'x=$(head -c 8000000 /dev/zero | tr "\\0" x); while :; do :; done'
  const children = [grow, 'while :; do sleep 1; done'].map(script => spawn('sh', ['-c', script], { detached: true, stdio: 'ignore' }))
  await Promise.all(children.map(child => once(child, 'spawn')))
  const [busy, quiet] = children.map(({ pid }) => ({
    id: `web-${pid}`,
    runtimeId: `${pid}@${startOf(pid!)}`,
    cpus: 2,
    memory: 100_000_000,
  }))
  let platform: NodeJS.Platform = 'linux'
  const measured = createProcessMetrics({ clock })
  return {
    metrics: { read: query => (platform === 'linux' ? measured : createProcessMetrics({ clock, platform })).read(query) },
    stream,
    metric,
    isPerTask: true,
    tasks: [busy!, quiet!],
    foreign: requests!,
    fail: () => {
      platform = 'darwin'
    },
    close: async () => {
      for (const { pid } of children) process.kill(-pid!, 'SIGKILL')
    },
  }
}

async function counters(): Promise<MetricsHarness> {
  const router = createHomeRouter({ clock, rateWindowMs: 3_000 })
  const [published, running, idle] = [
    await freePort(),
    await httpTarget('web-1', (_, res) => res.end()),
    await httpTarget('web-2', () => {}),
  ]
  await router.apply(stream, 1, { fronts: [front(published)], targets: [running.target] })
  for (let i = 0; i < 30; i++) await ask(published)
  await router.apply(stream, 2, { fronts: [front(published)], targets: [running.target, idle.target] })
  return {
    metrics: createRequestMetrics({ router, clock }),
    stream,
    metric: requests!,
    isPerTask: false,
    tasks: [{ id: 'web-1' }, { id: 'web-2' }],
    foreign: cpu!,
    close: async () => {
      await router.close()
      await closeAll()
    },
  }
}

async function numberAt(): Promise<MetricsHarness> {
  const server = createServer((_, response) => void response.end('# TYPE jobs gauge\njobs{queue="mail"} 4\njobs{queue="print"} 3\n'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
  const close = () =>
    new Promise<void>(resolve => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return {
    metrics: createNumberMetrics({ clock }),
    stream,
    metric: { kind: 'custom', name: 'jobs', url },
    isPerTask: false,
    tasks: [{ id: 'web-1' }, { id: 'web-2' }],
    foreign: memory!,
    fail: close,
    close,
  }
}

metricsContract('processes, cpu', () => processes(cpu!))
metricsContract('processes, memory', () => processes(memory!))
metricsContract('the router’s counters', counters)
metricsContract('a number at a URL', numberAt)

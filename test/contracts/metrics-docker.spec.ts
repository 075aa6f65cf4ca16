import { randomUUID } from 'node:crypto'
import type Dockerode from 'dockerode'
import { describe } from 'vitest'
import { createContainerMetrics } from '../../shared/adapters/docker/container-metrics.ts'
import type { Metric } from '../../shared/domain/scale-policy.ts'
import { containerTestsAreLeftOut, removeAllOf, TEST_IMAGE, testEngine } from './docker-engine.ts'
import { type MetricsHarness, metricsContract } from './metrics-contract.ts'

const MEMORY = 64 * 1_048_576

/** Containers with a task's name and label; the first writes 20 MB to memory, then burns its CPU. */
async function containers(metric: Metric): Promise<MetricsHarness> {
  const docker = await testEngine()
  const installation = `metrics-${randomUUID()}`
  const start = async (script: string) => {
    const name = `web-1-${randomUUID().slice(0, 8)}`
    const container = await docker.createContainer({
      name,
      Image: TEST_IMAGE,
      Cmd: ['/bin/sh', '-c', script],
      Labels: { 'longshore.installation': installation },
      HostConfig: { NetworkMode: 'none', Memory: MEMORY, NanoCpus: 5e8, Tmpfs: { '/full': 'size=40m' } },
    })
    await container.start()
    return { id: name, runtimeId: container.id, cpus: 0.5, memory: MEMORY }
  }
  const busy = await start('dd if=/dev/zero of=/full/it bs=1M count=20 2>/dev/null; while :; do :; done')
  const quiet = await start('while :; do sleep 1; done')
  let isGone = false
  const gone = new Proxy(docker, {
    get: (target, name) =>
      isGone && name === 'getContainer'
        ? () => ({ inspect: () => Promise.reject(new Error('connect ECONNREFUSED /var/run/docker.sock')) })
        : Reflect.get(target, name),
  }) as Dockerode
  return {
    metrics: createContainerMetrics({ docker: gone, installation, clock: { now: () => Date.now() } }),
    stream: 'service/shop/web',
    metric,
    isPerTask: true,
    tasks: [busy, quiet],
    foreign: { kind: 'requests' },
    fail: () => {
      isGone = true
    },
    close: () => removeAllOf(docker, installation),
  }
}

describe.skipIf(containerTestsAreLeftOut())('with a container engine', () => {
  metricsContract('containers, cpu', () => containers({ kind: 'cpu' }))
  metricsContract('containers, memory', () => containers({ kind: 'memory' }))
})

import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FUNCTION_TABLE } from '../../infra/function-table.ts'
import type { AllPorts } from '../../infra/local/handlers.ts'
import type { Invoke } from '../../infra/local/queue.ts'
import { appSpec, type Installation, makeInstallation } from '../end-to-end/installation.ts'
import { servePorts } from './ports-by-message.ts'

const workers: Worker[] = []

/** Every function in a worker of its own: event and answer are text, everything else goes by messages. */
function invokeInWorkers(ports: AllPorts): Invoke {
  const waiting = new Map<number, { resolve(result: string): void; reject(error: Error): void }>()
  let nextId = 1
  const byName = new Map(
    FUNCTION_TABLE.map(({ name }) => {
      const workerData = {
        name,
        info: ports.info,
        hosts: ports.hosts,
        isVersioned: ports.router.isVersioned,
        runtimeName: ports.runtime.name,
      }
      const worker = new Worker(new URL('function-worker.ts', import.meta.url), { workerData })
      workers.push(worker)
      servePorts(worker, ports)
      worker.on('message', ({ done }: { done?: { id: number; result?: string; error?: string } }) => {
        if (!done) return
        const { resolve, reject } = waiting.get(done.id)!
        waiting.delete(done.id)
        if (done.error === undefined) resolve(done.result!)
        else reject(new Error(done.error))
      })
      return [name, worker] as const
    }),
  )
  return (name, event) =>
    new Promise((resolve, reject) => {
      const id = nextId++
      waiting.set(id, { resolve, reject })
      byName.get(name)!.postMessage({ run: { id, event, setting: { ...ports.setting } } })
    })
}

describe('every function in a worker of its own', () => {
  let home: Installation
  beforeEach(async () => {
    home = await makeInstallation({ runtime: 'process', port: 17_220, invoker: invokeInWorkers })
  })
  afterEach(async () => {
    await home.dispose()
    await Promise.all(workers.splice(0).map(worker => worker.terminate()))
  })

  const stack = (version: string, mode = 'good') => ({
    name: 'apart',
    services: {
      web: { replicas: 2, spec: appSpec({ published: 18_141, environment: { VERSION: version, MODE: mode }, update: { monitor: 100 } }) },
    },
  })

  it('deploys, rolls, rolls back, scales and takes down: no handler leans on the memory of another', { timeout: 90_000 }, async () => {
    await home.api.up(stack('1'))
    await home.api.settled('apart', 1)
    await home.api.up(stack('2'))
    await home.api.settled('apart', 2)
    expect(await (await fetch('http://127.0.0.1:18141/')).json()).toMatchObject({ version: '2' })
    await home.api.up(stack('3', 'exits'))
    const rolledBack = await home.api.settled('apart', 4)
    expect(rolledBack.deployment).toMatchObject({ cause: 'rollback', outcome: 'ok' })
    await home.api.call('POST', '/v1/stacks/apart/services/web/scale', { replicas: 3 })
    await home.api.until('apart', ({ services: [web] }) => web!.available === 3 && web!.desired === 3)
    await home.api.down('apart')
    await home.api.until('apart', status => status.gone)
  })
})

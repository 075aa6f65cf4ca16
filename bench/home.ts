import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FUNCTION_TABLE } from '../infra/function-table.ts'
import { type AllPorts, invokeInProcess } from '../infra/local/handlers.ts'
import { type HostOptions, startHost } from '../infra/local/host.ts'
import type { Invoke } from '../infra/local/queue.ts'
import type { RouteSet } from '../shared/ports/router.ts'
import { Client } from './client.ts'

export type Home = {
  readonly folder: string
  readonly installation: string
  readonly url: string
  readonly client: Client
  readonly ports: AllPorts
  /** Runs a function of the table as the host does. */
  readonly invoke: Invoke
  /** Called after each swap of a stream's targets: cheaper and more exact than asking again and again. */
  onRoutes(listener: (stream: string, routes: RouteSet) => void): void
  close(): Promise<void>
}

export type HomeSettings = Pick<HostOptions, 'requestWindowMs'>

/** A real host in this process, on a data folder of its own. */
export async function openHome(runtime: 'process' | 'docker', port: number, settings: HomeSettings = {}): Promise<Home> {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-bench-'))
  const listeners: ((stream: string, routes: RouteSet) => void)[] = []
  let ports: AllPorts | undefined
  let invoke: Invoke | undefined
  const host = await startHost({
    ...settings,
    folder,
    port,
    runtime,
    invoker: all => {
      const { router } = all
      const watched: AllPorts['router'] = {
        isVersioned: router.isVersioned,
        check: (...given) => router.check(...given),
        targets: (stream, known) => router.targets(stream, known),
        apply: async (stream, version, routes) => {
          await router.apply(stream, version, routes)
          for (const listener of listeners) listener(stream, routes)
        },
      }
      ports = { ...all, router: watched }
      invoke = invokeInProcess(FUNCTION_TABLE, ports)
      return invoke
    },
  })
  const client = new Client(host.url, folder)
  return {
    folder,
    installation: host.info.installation,
    url: host.url,
    client,
    ports: ports!,
    invoke: invoke!,
    onRoutes: listener => void listeners.push(listener),
    close: async () => {
      await client.downAll().finally(async () => {
        client.close()
        await host.close()
        rmSync(folder, { recursive: true, force: true })
      })
    },
  }
}

// One function of the table, alone in a thread: its own memory, its own folds, the world by messages.
import { randomUUID } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { FUNCTION_TABLE } from '../../infra/function-table.ts'
import { type AllPorts, handlerOf } from '../../infra/local/handlers.ts'
import { Folds } from '../../shared/application/folds.ts'
import type { InstallationSetting } from '../../shared/application/ports.ts'
import { portsByMessage } from './ports-by-message.ts'

const { name, info, hosts, isVersioned, runtimeName } = workerData as {
  name: string
  info: AllPorts['info']
  hosts: string[]
  isVersioned: boolean
  runtimeName: string
}
const { port, onAnswer } = portsByMessage(parentPort!)
const setting = {} as { -readonly [K in keyof InstallationSetting]: InstallationSetting[K] }
const remote = [
  'log',
  'snapshots',
  'claims',
  'readModel',
  'blobs',
  'secrets',
  'images',
  'prober',
  'probing',
  'metrics',
  'wakes',
  'bus',
  'tokens',
]
const ports = {
  ...Object.fromEntries(remote.map(remoteName => [remoteName, port(remoteName)])),
  // what answers at once is the cloud's, and no port at home has it
  runtime: port('runtime', { name: runtimeName, notes: undefined, estimate: undefined, keepNetworks: undefined }),
  router: port('router', { isVersioned, fit: undefined, estimate: undefined, dropUnused: undefined }),
  clock: { now: () => Date.now() },
  ids: { nonce: () => randomUUID() },
  folds: new Folds(),
  setting,
  info,
  hosts,
} as unknown as AllPorts
const handler = handlerOf(FUNCTION_TABLE.find(row => row.name === name)!, ports)

parentPort!.on('message', async (message: { answer?: never; run?: { id: number; event: string; setting: InstallationSetting } }) => {
  if (message.answer) return onAnswer(message.answer)
  const { id, event, setting: now } = message.run!
  Object.assign(setting, now)
  try {
    parentPort!.postMessage({ done: { id, result: await handler(event) } })
  } catch (error) {
    parentPort!.postMessage({ done: { id, error: String(error) } })
  }
})

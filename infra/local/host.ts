import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { Server } from 'node:http'
import { join } from 'node:path'
import type { DynamoDBRecord } from 'aws-lambda'
import { openEmbeddedDatabase } from '../../shared/adapters/dynalite/embedded-database.ts'
import { createClaims } from '../../shared/adapters/dynamo/claims.ts'
import { createEventLog } from '../../shared/adapters/dynamo/event-log.ts'
import { createReadModel } from '../../shared/adapters/dynamo/read-model.ts'
import { createSnapshots } from '../../shared/adapters/dynamo/snapshots.ts'
import { createBlobs } from '../../shared/adapters/files/blobs.ts'
import { createSecrets } from '../../shared/adapters/files/secrets.ts'
import { createNumberMetrics } from '../../shared/adapters/http/number-metrics.ts'
import { createHomeProbing } from '../../shared/adapters/probe/home-probing.ts'
import { createProcessExec } from '../../shared/adapters/process/exec-task.ts'
import { createProcessMetrics } from '../../shared/adapters/process/process-metrics.ts'
import { createProcessRuntime } from '../../shared/adapters/process/process-runtime.ts'
import { createHomeRouter } from '../../shared/adapters/proxy/home-router.ts'
import { createProber } from '../../shared/adapters/proxy/prober.ts'
import { createRequestMetrics } from '../../shared/adapters/proxy/request-metrics.ts'
import type { HostInfo } from '../../shared/api/contract.ts'
import { Folds } from '../../shared/application/folds.ts'
import type { InstallationSetting } from '../../shared/application/ports.ts'
import { stepClocks } from '../../shared/application/step-clocks.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import { HOME } from '../../shared/reconcile/policy.ts'
import { FUNCTION_TABLE } from '../function-table.ts'
import { AccessLogFile } from './access-log-file.ts'
import { openDataFolder } from './data-folder.ts'
import { findEngine } from './engine.ts'
import { createEventPlane } from './event-plane.ts'
import { serveExec } from './exec-endpoint.ts'
import { type AllPorts, invokeInProcess } from './handlers.ts'
import { createHomeMetrics } from './home-metrics.ts'
import { createHomeExec, createHomeRuntime } from './home-runtime.ts'
import { HostClock } from './host-clock.ts'
import { createHttpServer } from './http-server.ts'
import type { Invoke } from './queue.ts'
import { VERSION } from './version.ts'

export type HostOptions = {
  /** Data folder: log, blobs, secrets, tasks. One host at a time uses it (invariant 12). */
  readonly folder: string
  /** The API's port on 127.0.0.1; the next free one is taken. Default 7070. */
  readonly port?: number
  readonly runtime?: 'auto' | 'docker' | 'process'
  /** Address that published ports listen on when the file names none. Default 127.0.0.1. */
  readonly bind?: string
  /** Over how long the router averages requests per second, in milliseconds; default 30,000, two periods of autoscaling. */
  readonly requestWindowMs?: number
  readonly log?: (line: string) => void
  /** How functions are run; in this process unless told otherwise. */
  readonly invoker?: (ports: AllPorts) => Invoke
}

export type Host = { readonly url: string; readonly info: HostInfo; close(): Promise<void> }

/**
 * The whole control plane in one process. Its tasks go on when it stops, and it adopts them when it starts.
 * @throws CodedError LS-HOST-RUNNING when another host uses the folder, LS-ENGINE-UNREACHABLE, LS-STORAGE
 */
export async function startHost(options: HostOptions): Promise<Host> {
  const { folder, log = () => {} } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const database = await openEmbeddedDatabase(folder)
  try {
    return await assemble(options, database, log)
  } catch (error) {
    await database.close()
    throw error
  }
}

async function assemble(
  options: HostOptions,
  database: Awaited<ReturnType<typeof openEmbeddedDatabase>>,
  log: (line: string) => void,
): Promise<Host> {
  const { folder } = options
  const data = await openDataFolder(folder)
  const { client, tables } = database
  const table = { client, table: tables.log }
  const folds = new Folds({ hearsPuts: true })
  database.onPut(record => {
    const { stream, version } = (JSON.parse(record) as DynamoDBRecord).dynamodb?.Keys ?? {}
    if (stream?.S) folds.sawHead(stream.S, Number(version?.N))
  })
  const blobs = createBlobs(join(folder, 'blobs'))
  const secrets = createSecrets(join(folder, 'secrets'))
  const logging = {
    log: createEventLog(table),
    snapshots: createSnapshots({ ...table, blobs }),
    ids: { nonce: () => randomUUID() },
    folds,
  }
  const setting: { -readonly [K in keyof InstallationSetting]: InstallationSetting[K] } = {
    installation: data.installation,
    limits: HOME,
    orphanedBefore: 0,
  }
  const clock: HostClock = new HostClock(async (now, lastTick) => {
    await stepClocks({ ...logging, clock: { now: () => clock.raw() } }, now, lastTick)
    if (Number.isFinite(lastTick)) setting.orphanedBefore += now - lastTick // it is a moment like those in the folds
  })
  const accessLog = new AccessLogFile(join(folder, 'access.log'))
  const router = createHomeRouter({
    clock: { now: () => clock.raw() },
    bind: options.bind,
    rateWindowMs: options.requestWindowMs,
    accessLog: accessLog.write,
    stateFile: join(folder, 'internal-ports.json'),
    onDemand: stream => plane.onDemand(stream),
  })
  const sources = { installation: data.installation.id, secrets, blobs, clock: { now: () => clock.raw() } }
  const engine = await findEngine(options.runtime ?? 'auto', { ...sources, dataFolder: folder })
  const processes = createProcessRuntime({ ...sources, folder, peerAddress: router.internalAddress })
  const runtime = createHomeRuntime({
    process: processes,
    docker: 'runtime' in engine ? engine.runtime : undefined,
    whyNoEngine: 'problem' in engine ? engine.problem : undefined,
  })
  const rawClock = { now: () => clock.raw() } // a reading's moment is only compared with others of this host
  const metrics = createHomeMetrics({
    requests: createRequestMetrics({ router, clock: rawClock }),
    numbers: createNumberMetrics({ clock: rawClock }),
    process: createProcessMetrics({ clock: rawClock }),
    docker: 'metrics' in engine ? engine.metrics : undefined,
  })
  const runtimeDetail = 'detail' in engine ? engine.detail : `tasks are processes: ${engine.problem}`
  const info: HostInfo = {
    version: VERSION,
    installation: data.installation.id,
    runtime: runtime.name,
    runtimeDetail,
    dataFolder: folder,
    pid: process.pid,
  }

  const late: { invoke?: Invoke } = {}
  const invoke: Invoke = (name, event) => late.invoke!(name, event)
  const plane = createEventPlane(FUNCTION_TABLE, invoke)
  const probing = createHomeProbing({ secrets, execute: runtime.exec!, now: () => clock.raw(), onSeen: plane.onTaskSeen })
  const ports: AllPorts = {
    ...logging,
    clock,
    claims: createClaims(table),
    readModel: createReadModel({ client, table: tables.rows }),
    blobs,
    secrets,
    runtime,
    images: runtime,
    router,
    prober: createProber(),
    metrics,
    probing,
    wakes: plane.wakes,
    bus: plane.bus,
    setting,
    tokens: data.tokens,
    info,
    hosts: ['127.0.0.1', 'localhost', '[::1]'],
  }
  late.invoke = (options.invoker ?? (all => invokeInProcess(FUNCTION_TABLE, all)))(ports)
  database.onPut(plane.onLogRecord)

  await clock.start()
  setting.orphanedBefore = clock.raw() // nothing could be intended before now in this run: whatever is, nobody is executing (E2)
  const watch = runtime.watch(plane.onTaskSeen)
  const server = createHttpServer(invoke)
  const processExec = createProcessExec({ ...sources, folder, peerAddress: router.internalAddress })
  const exec = serveExec(server, { ...ports, exec: createHomeExec(processes, processExec, 'exec' in engine ? engine.exec : undefined) })
  const port = await listen(server, options.port ?? 7070)
  const url = `http://127.0.0.1:${port}`
  await data.publish({ url, pid: process.pid })
  plane.startSchedules()
  const catchUp = invoke('audit', '{"everything":true}').then(() => invoke('sweep', '{}'))
  catchUp.catch(error => log(`looking for what was lost: ${error instanceof Error ? error.message : String(error)}`))

  return {
    url,
    info,
    close: async () => {
      server.close()
      server.closeIdleConnections()
      exec.close()
      await data.unpublish()
      watch.close()
      probing.close()
      clock.stop()
      await catchUp.catch(() => {})
      await plane.close()
      server.closeAllConnections()
      if ('leave' in engine) await engine.leave()
      await router.close()
      await accessLog.close()
      await database.close()
    },
  }
}

const TRIES = 100

/** The wanted port or the next free one. */
async function listen(server: Server, first: number): Promise<number> {
  for (let port = first; port < first + TRIES; port++) {
    const taken = await new Promise<boolean>((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(true) : reject(error))
      server.once('error', onError)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', onError)
        resolve(false)
      })
    })
    if (!taken) return port
  }
  throw new CodedError('LS-PORT-TAKEN', `no port is free from ${first} to ${first + TRIES - 1}`, { hint: 'Tell another one with --port.' })
}

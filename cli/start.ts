// npm start: the example, from nothing to answers, and gone again with Ctrl-C.
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Host, startHost } from '../infra/local/host.ts'
import { connectEngine } from '../shared/adapters/docker/connect-engine.ts'
import { ApiClient } from './api-client.ts'
import { buildImages } from './build-images.ts'
import type { Cli } from './command.ts'
import { requestOf } from './commands/up.ts'
import { loadStack } from './compose-files.ts'
import { readEndpoint } from './context.ts'
import { configFolder } from './contexts.ts'
import { EXIT } from './exit-codes.ts'
import { follow } from './follow.ts'
import { freePort } from './free-port.ts'
import { idempotencyKey } from './idempotency-key.ts'
import { Interrupted, type Io } from './io.ts'
import { LOCAL_NODE, nodeImage } from './node-image.ts'
import { renderError } from './render/error.ts'
import { paintFor } from './render/paint.ts'
import { report } from './report.ts'
import type { Settings } from './settings.ts'
import { type SystemIo, systemIo } from './system-io.ts'

const CLONE = fileURLToPath(new URL('..', import.meta.url))
const STACK = 'hello'

async function start(io: SystemIo): Promise<number> {
  const folder = join(CLONE, '.longshore')
  // `command: node …` as a process means the Node that runs this
  process.env['PATH'] = [dirname(process.execPath), process.env['PATH']].join(delimiter)
  const ended = stopSignal(io)
  let host: Host | undefined
  try {
    const base = await exampleBase(io)
    const image = 'image' in base ? base.image : undefined
    host = await startHost({ folder, runtime: image ? 'auto' : 'process', log: line => io.err(line) })
    const tasks = 'image' in base ? host.info.runtimeDetail : `tasks are processes: ${base.whyProcesses}`
    io.out(`Longshore ${host.info.version}   log .longshore/   API ${host.url}   ${tasks}\n`)
    const cli = cliFor(io, folder, { PORT: String(await freePort(8_080)), ...(image && { NODE_IMAGE: image }) })
    return await runExample(cli, host, ended)
  } catch (error) {
    if (!(error instanceof Interrupted))
      for (const line of renderError(error, { cwd: io.cwd, isJson: false, isDebug: Boolean(io.env['LONGSHORE_DEBUG']) })) io.err(line)
    return error instanceof Interrupted ? EXIT.interrupted : EXIT.failed
  } finally {
    if (host) await leaveNothing(host, cliFor(io, folder, {}))
  }
}

type Base = { readonly image: string } | { readonly whyProcesses: string }

/** The image that the example is built on, or why its tasks are to be processes. */
async function exampleBase(io: Io): Promise<Base> {
  if (io.env['LONGSHORE_RUNTIME'] === 'process') return { whyProcesses: 'LONGSHORE_RUNTIME=process' }
  const engine = await connectEngine(process.env)
  if ('problem' in engine) return { whyProcesses: engine.problem }
  try {
    return { image: await nodeImage(engine.docker, line => (/^(pulling |no registry)/.test(line) ? io.out(`  ${line}`) : undefined)) }
  } catch (error) {
    return { whyProcesses: `docker ${engine.version} answers, and has no image to build the example on (${(error as Error).message})` }
  }
}

async function runExample(cli: Cli, host: Host, ended: Promise<void>): Promise<number> {
  const loaded = await loadStack(cli)
  const digests = host.info.runtime === 'process' ? {} : await buildImages(cli, loaded.builds)
  const accepted = await cli.api.deploy(STACK, requestOf(loaded, digests), idempotencyKey(cli.io.now()))
  const followed = await follow(cli, STACK, accepted.deployment)
  if (followed.outcome !== 'ok') return report(cli, followed, undefined)
  const port = loaded.stack.services['hello']?.spec.ports[0]?.published
  cli.io.out(`\n  http://127.0.0.1:${port}     each answer names the task that gave it`)
  cli.io.out(
    'Ctrl-C takes the example down. Next, here in another terminal:\n  npx longshore ps · npx longshore scale hello=5 · npx longshore explain hello',
  )
  await ended
  return EXIT.ok
}

/** Takes the example down, closes the host, and removes what its tasks left on the engine. */
async function leaveNothing(host: Host, cli: Cli): Promise<void> {
  const api = cli.api.with({ interrupt: undefined, patienceMs: 5_000 })
  cli.io.out('\nTaking the example down.')
  try {
    const there = await api.status(STACK).catch(() => undefined)
    if (there && !there.gone) {
      await api.remove(STACK, { volumes: true }, idempotencyKey(cli.io.now()))
      for (let look = 0; look < 240 && !(await api.status(STACK)).gone; look++) await pause()
    }
  } finally {
    await host.close()
  }
  await clearEngine(host.info.installation)
  cli.io.out('Nothing is left running.')
}

const pause = () => new Promise(resolve => setTimeout(resolve, 250))

/**
 * The ended containers, those of an earlier start that was killed among them, and the example's own images. Nobody starts one of them again:
 * the host is closed. The engine clears a task away some moments after it told of its end.
 */
async function clearEngine(installation: string): Promise<void> {
  const engine = await connectEngine(process.env)
  if ('problem' in engine) return
  const { docker } = engine
  const filters = { label: [`longshore.installation=${installation}`] }
  for (let look = 0; look < 40; look++) {
    const left = await docker.listContainers({ all: true, filters })
    if (left.length === 0) break
    await Promise.all(
      left.map(({ Id }) =>
        docker
          .getContainer(Id)
          .remove()
          .catch(() => {}),
      ),
    )
    await pause()
  }
  for (const image of ['longshore-example/hello', LOCAL_NODE])
    await docker
      .getImage(image)
      .remove()
      .catch(() => {})
}

function cliFor(io: Io, folder: string, env: Readonly<Record<string, string>>): Cli {
  const settings: Settings = {
    files: [join(CLONE, 'examples', STACK, 'compose.yaml')],
    projectName: STACK,
    profiles: [],
    envFiles: [],
    format: 'table',
    progress: 'auto',
    data: folder,
    config: configFolder(io.env),
  }
  const api = new ApiClient({ endpoint: () => readEndpoint(folder), interrupt: io.interrupt })
  return { io: { ...io, env: { ...io.env, ...env } }, settings, api, paint: paintFor(io.colour) }
}

/** SIGTERM and a closed terminal mean the same as Ctrl-C here. */
function stopSignal(io: SystemIo): Promise<void> {
  return new Promise(resolve => {
    io.interrupt.addEventListener('abort', () => resolve(), { once: true })
    for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, io.end)
  })
}

// The example is taken down even when nobody reads any more what is said about it.
const io = systemIo({ whenUnread: 'end' })
const code = await start(io)
await io.flush()
process.exit(code)

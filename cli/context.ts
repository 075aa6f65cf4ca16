import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HostInfo } from '../shared/api/contract.ts'
import { CodedError } from '../shared/domain/errors.ts'
import type { Endpoint } from './api-client.ts'
import type { Cli } from './command.ts'
import { contextOf, LOCAL, type Named, readContexts } from './contexts.ts'
import { sleep } from './io.ts'
import { took } from './render/times.ts'
import type { Settings } from './settings.ts'
import { signAs } from './sign-request.ts'

/** How the CLI finds the host of a data folder: by the file that a running one writes there. */
export function readEndpoint(folder: string): Endpoint | undefined {
  try {
    const { url } = JSON.parse(readFileSync(join(folder, 'host.json'), 'utf8')) as { readonly url: string }
    return { url, token: readFileSync(join(folder, 'token'), 'utf8').trim() }
  } catch {
    return undefined
  }
}

/** What the command line, the environment or `context use` chose; undefined: this machine. @throws UsageError */
export function chosenContext({ context, config }: Pick<Settings, 'context' | 'config'>): Named | undefined {
  if (context === LOCAL) return undefined
  const book = readContexts(config)
  return contextOf(book, context ?? book.current)
}

export const endpointOf = ({ name, url, access }: Named): Endpoint => ({
  url,
  context: name,
  ...('iam' in access ? { sign: signAs(access.iam) } : { token: access.token }),
})

/** Before anything elsewhere is touched, also where output is for machines: on standard error, which no pipe reads. */
function tellTarget({ io, settings, remote }: Cli): void {
  if (!remote) return
  const { name, url } = remote
  io.err(settings.format === 'json' ? JSON.stringify({ target: { context: name, url } }) : `Context ${name}: ${url}`)
}

/** Another machine's host is not looked for and not started: it answers, or the reason why not is told. */
async function remoteHost(cli: Cli): Promise<HostInfo> {
  tellTarget(cli)
  return cli.api.with({ patienceMs: 5_000 }).host()
}

/** Undefined when none answers, or when another folder's host has taken the port that this one's had. */
export async function findHost({ api }: Pick<Cli, 'api'>, patienceMs = 0): Promise<HostInfo | undefined> {
  try {
    return await api.with({ patienceMs }).host()
  } catch (error) {
    if (error instanceof CodedError && (error.code === 'LS-HOST-UNREACHABLE' || error.code === 'LS-UNAUTHENTICATED')) return undefined
    throw error
  }
}

/** For commands that only look. @throws CodedError LS-HOST-UNREACHABLE */
export async function needHost(cli: Cli): Promise<HostInfo> {
  if (cli.remote) return remoteHost(cli)
  const info = await findHost(cli, 500)
  if (info) return info
  throw new CodedError('LS-HOST-UNREACHABLE', `no Longshore host runs on ${cli.settings.data}`, {
    hint: 'longshore host starts one, and so does longshore up. --data names another folder.',
  })
}

/** For commands that act on what a host of this folder began: its tasks live on without it, so that it may have to be started for them. */
export const hostToAct = (cli: Cli): Promise<HostInfo> =>
  cli.remote || existsSync(join(cli.settings.data, 'installation.json')) ? ensureHost(cli) : needHost(cli)

const START_MS = 30_000

/** The host of this machine; a detached one is started when none answers. @throws CodedError LS-HOST-UNREACHABLE with what it said */
export async function ensureHost(cli: Cli): Promise<HostInfo> {
  if (cli.remote) return remoteHost(cli)
  const running = await findHost(cli)
  if (running) return running
  const began = Date.now()
  const host = startDetached(cli.settings.data)
  while (Date.now() - began < START_MS) {
    const info = await findHost(cli)
    if (info) {
      tellStarted(cli, info, Date.now() - began)
      return info
    }
    if (host.hasEnded() && !host.saidRunning()) break
    await sleep(cli.io, 50)
  }
  throw new CodedError('LS-HOST-UNREACHABLE', `a host was started and does not answer:\n${host.said().trim() || 'it said nothing'}`, {
    hint: `Its log: ${host.logFile}`,
  })
}

function tellStarted({ io, settings }: Cli, info: HostInfo, milliseconds: number): void {
  if (settings.format === 'table' && settings.progress !== 'quiet' && settings.progress !== 'json')
    io.out(`Started a host on ${settings.data} (pid ${info.pid}, ${took(milliseconds)}); it goes on until it is stopped: kill ${info.pid}`)
}

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

/** In a session of its own, so that neither Ctrl-C nor the terminal's end reaches it. */
function startDetached(folder: string) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const logFile = join(folder, 'host.log')
  const log = openSync(logFile, 'a', 0o600)
  const from = statSync(logFile).size
  let ended = false
  const child = spawn(process.execPath, [MAIN, '--data', folder, 'host'], {
    detached: true,
    stdio: ['ignore', log, log],
    env: hostEnvironment(),
  })
  child.on('exit', () => {
    ended = true
  })
  child.on('error', () => {
    ended = true
  })
  child.unref()
  closeSync(log)
  const said = () => readFileSync(logFile).subarray(from).toString('utf8')
  return {
    logFile,
    hasEnded: () => ended,
    said,
    /** Two commands started one at the same time: the other's is as good. */
    saidRunning: () => said().includes('LS-HOST-RUNNING'),
  }
}

/** What is set for one command is not meant for a host that outlives it. */
function hostEnvironment(): NodeJS.ProcessEnv {
  const kept = new Set(['LONGSHORE_RUNTIME', 'LONGSHORE_BIND', 'LONGSHORE_PORT', 'LONGSHORE_DEBUG'])
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LONGSHORE_') || kept.has(name)))
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pythonEnvironment } from '../python-environment.ts'

/** An AWS emulator that shares no code with Longshore: MiniStack, from PyPI. */
const PACKAGE = 'ministack[full]==1.5.33'

export type Emulator = {
  readonly url: string
  /** Host and port, as image references begin with it. */
  readonly registry: string
  /** What any AWS client needs to reach it. */
  readonly environment: Readonly<Record<string, string>>
  /** Its own words so far, for a failing test. */
  said(): string
  stop(): Promise<void>
}

/** Makes its Python environment once; later runs find it. Answers where its programs are. @throws what pip says */
export const installEmulator = (): string => pythonEnvironment('venv', PACKAGE)

const START_MS = 60_000

/**
 * Starts it on a port of 127.0.0.1 with everything that it writes in a folder of its own; its functions run on this very Node.
 * `enforcesIam`: role policies are judged. @throws when it does not answer within a minute, with what it said
 */
export async function startEmulator(options: { readonly port: number; readonly enforcesIam?: boolean }): Promise<Emulator> {
  const bin = installEmulator()
  const { port } = options
  const folder = mkdtempSync(join(tmpdir(), 'longshore-emulator-'))
  const log = join(folder, 'said.log')
  const child = spawn(join(bin, 'ministack'), [], {
    detached: true, // a group of its own, so that its functions' processes end with it
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      GATEWAY_PORT: String(port),
      AUTH: String(options.enforcesIam ?? false),
      TMPDIR: folder,
      STATE_DIR: join(folder, 'state'),
      S3_DATA_DIR: join(folder, 's3'),
      LOG_LEVEL: 'WARNING',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
  })
  const written = createWriteStream(log)
  child.stdout.pipe(written, { end: false })
  child.stderr.pipe(written, { end: false })
  const said = () => (existsSync(log) ? readFileSync(log, 'utf8') : '')
  const stop = async () => {
    await end(child)
    removeContainers(port)
    rmSync(folder, { recursive: true, force: true })
  }
  const url = `http://127.0.0.1:${port}`
  if (!(await answers(url, child))) {
    const words = said()
    await stop()
    throw new Error(`the emulator did not answer on ${url} within ${START_MS / 1_000} s:\n${words.slice(-4_000)}`)
  }
  return { url, registry: `localhost:${port}`, environment: environmentFor(url), said, stop }
}

const environmentFor = (url: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: url,
  AWS_ENDPOINT_URL_S3: url,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  CDK_DEFAULT_ACCOUNT: '000000000000',
  CDK_DEFAULT_REGION: 'us-east-1',
})

async function answers(url: string, child: ChildProcess): Promise<boolean> {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline && child.exitCode === null; await pause(200)) {
    const isUp = await fetch(`${url}/_ministack/health`, { signal: AbortSignal.timeout(2_000) }).then(
      response => response.ok,
      () => false,
    )
    if (isUp) return true
  }
  return false
}

const GRACE_MS = 15_000

/** Asks it to end, which removes its containers; what is left of its group afterwards is killed. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGTERM')
    await Promise.race([ended, pause(GRACE_MS)])
  }
  try {
    process.kill(-child.pid!, 'SIGKILL')
  } catch {
    // nobody is left
  }
}

/** Tasks outlive an emulator that was killed. Its label names host and port. */
function removeContainers(port: number): void {
  const list = execFileSync('docker', ['ps', '-a', '--filter', 'label=ministack', '--format', '{{.ID}} {{.Labels}}'], { encoding: 'utf8' })
  const mine = list.split('\n').filter(line => new RegExp(`:${port}(,|$)`).test(line))
  for (const line of mine) execFileSync('docker', ['rm', '-f', '-v', line.split(' ')[0]!], { stdio: 'pipe' })
}

/** For a client of the SDK in the test's own process. */
export const clientOptions = ({ url }: Pick<Emulator, 'url'>) => ({
  endpoint: url,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
})

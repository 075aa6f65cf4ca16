import { access, readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { within } from './engine-errors.ts'
import { contextHost, usualSockets } from './engine-sockets.ts'

export type ConnectedEngine = {
  readonly docker: Docker
  /** The engine's version, `20.10.24`. */
  readonly version: string
  /** A socket's path, or the address. */
  readonly socket: string
}
export type EngineProblem = { readonly problem: string }

const PATIENCE_MS = 3_000

/**
 * The engine that `docker` would use: DOCKER_HOST, the chosen context, then the usual sockets, of which the first that answers is taken.
 * Otherwise one sentence says what is wrong and what to do.
 */
export async function connectEngine(env: NodeJS.ProcessEnv): Promise<ConnectedEngine | EngineProblem> {
  const host = env['DOCKER_HOST'] || (await contextHost(env))
  if (host) return connectHost(host, env)
  const sockets = usualSockets(env, process.platform)
  const problems: string[] = []
  for (const socket of sockets) {
    if (!(await exists(socket))) continue
    const answer = await ask(new Docker({ socketPath: socket }), socket)
    if ('docker' in answer) return answer
    problems.push(answer.problem)
  }
  // The first socket is the likeliest one to be meant.
  return { problem: problems[0] ?? `no container engine was found (looked at ${sockets.join(', ')}): ${howToStart(process.platform)}` }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    error => (error as NodeJS.ErrnoException).code === 'EACCES',
  )

async function connectHost(host: string, env: NodeJS.ProcessEnv): Promise<ConnectedEngine | EngineProblem> {
  const match = /^(unix|npipe|tcp|https?|ssh|fd):\/\/(.*)$/.exec(host)
  const [, scheme, rest = ''] = match ?? []
  if (scheme === 'unix' || scheme === 'npipe') return ask(new Docker({ socketPath: rest }), rest)
  if (scheme !== 'tcp' && scheme !== 'http' && scheme !== 'https') {
    return {
      problem: `DOCKER_HOST=${host} is not supported: tasks are reached on this machine, so use a unix:// or tcp:// address of a local engine`,
    }
  }
  try {
    const url = new URL(`http://${rest}`)
    const isTls = scheme === 'https' || Boolean(env['DOCKER_TLS_VERIFY'])
    const tls = isTls ? await certificates(env) : {}
    const port = Number(url.port || (isTls ? 2376 : 2375))
    return await ask(new Docker({ host: url.hostname, port, protocol: isTls ? 'https' : 'http', ...tls }), host)
  } catch (error) {
    return { problem: `DOCKER_HOST=${host}: ${(error as Error).message}` }
  }
}

async function certificates(env: NodeJS.ProcessEnv): Promise<{ readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer }> {
  const folder = env['DOCKER_CERT_PATH'] ?? join(env['HOME'] ?? userInfo().homedir, '.docker')
  const [ca, cert, key] = await Promise.all(['ca.pem', 'cert.pem', 'key.pem'].map(name => readFile(join(folder, name))))
  return { ca: ca!, cert: cert!, key: key! }
}

async function ask(docker: Docker, socket: string): Promise<ConnectedEngine | EngineProblem> {
  try {
    const { Version } = await within(PATIENCE_MS, socket, docker.version())
    return { docker, version: Version, socket }
  } catch (error) {
    return { problem: problemOf(socket, error as NodeJS.ErrnoException, process.platform) }
  }
}

/** Each fault with its fix. */
export function problemOf(socket: string, error: NodeJS.ErrnoException, platform: NodeJS.Platform): string {
  if (error.code === 'EACCES') {
    return `this user may not use the engine's socket ${socket}: add yourself to the docker group (sudo usermod -aG docker $USER), then log out and in again`
  }
  if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') return `no engine answers at ${socket}: ${howToStart(platform)}`
  return `the engine at ${socket} does not answer: ${error.message}`
}

function howToStart(platform: NodeJS.Platform): string {
  if (platform === 'linux') return 'start it (sudo systemctl start docker) or install Docker Engine or Podman'
  return 'start Docker Desktop, or install it'
}

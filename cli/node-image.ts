import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type Dockerode from 'dockerode'
import { buildImage } from '../shared/adapters/docker/build-image.ts'

const run = promisify(execFile)

/** The name of the stand-in; never one that a registry knows. */
export const LOCAL_NODE = 'longshore-example/node:24'
const PUBLIC_NODE = 'node:24-slim'
const PULL_MS = 60_000

/**
 * A base image with Node for the example: the public one where the engine has it or can pull it, else one made of the Node that npm brought and the
 * libraries that it is linked to (Linux only). @throws when there is neither
 */
export async function nodeImage(docker: Dockerode, say: (line: string) => void): Promise<string> {
  if (await hasImage(docker, PUBLIC_NODE)) return PUBLIC_NODE
  say(`pulling ${PUBLIC_NODE}`)
  const problem = await pull(docker).catch((error: Error) => error.message)
  if (!problem) return PUBLIC_NODE
  if (process.platform !== 'linux') throw new Error(`${PUBLIC_NODE} cannot be pulled: ${problem}`)
  say(`no registry is reached; ${LOCAL_NODE} is made of this machine's Node`)
  await makeNodeImage(docker, say)
  return LOCAL_NODE
}

const hasImage = (docker: Dockerode, name: string): Promise<boolean> =>
  docker
    .getImage(name)
    .inspect()
    .then(() => true)
    .catch(() => false)

async function pull(docker: Dockerode): Promise<string | undefined> {
  const stream = await docker.pull(PUBLIC_NODE, { abortSignal: AbortSignal.timeout(PULL_MS) })
  return new Promise(resolve => docker.modem.followProgress(stream, error => resolve(error?.message)))
}

async function makeNodeImage(docker: Dockerode, say: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'longshore-node-'))
  try {
    await copy(folder, process.execPath, '/usr/local/bin/node')
    for (const library of await librariesOf(process.execPath)) await copy(folder, library, library)
    await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY root/ /\nENV PATH=/usr/local/bin\n')
    await buildImage(docker, { context: folder, dockerfile: 'Dockerfile', tag: LOCAL_NODE }, say)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function copy(folder: string, from: string, to: string): Promise<void> {
  await mkdir(join(folder, 'root', dirname(to)), { recursive: true })
  await cp(await realpath(from), join(folder, 'root', to))
}

/** Paths of the shared libraries, the loader among them, as ldd tells them. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [program])
  return [...new Set([...stdout.matchAll(/\/\S+/g)].map(([path]) => path))]
}

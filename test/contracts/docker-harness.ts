import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Dockerode from 'dockerode'
import { createDockerRuntime, type DockerRuntimeOptions } from '../../shared/adapters/docker/docker-runtime.ts'
import { hashOf } from '../../shared/domain/hash.ts'
import { emptySpec, type ServiceSpec } from '../../shared/domain/spec.ts'
import type { Images, Runtime } from '../../shared/ports/runtime.ts'
import { removeAllOf, TEST_IMAGE, testEngine } from './docker-engine.ts'
import type { RuntimeHarness, StandardPrograms } from './runtime-harness.ts'

const shell = (script: string, environment: Record<string, string> = {}): ServiceSpec => ({
  ...emptySpec,
  image: TEST_IMAGE,
  command: ['sh', '-c', script],
  environment,
})

/** A program in BusyBox's shell, as PID 1. */
export const shellSpec = shell

/** PID 1 has no default action for signals: what should end at SIGTERM says so. */
const POLITE = "trap 'exit 0' TERM; "

export const dockerPrograms: StandardPrograms = {
  server: () => ({
    ...shell(`${POLITE}mkdir -p /www; echo $LONGSHORE_TASK > /www/index.html; httpd -f -p 3000 -h /www & wait`),
    expose: [{ target: 3000, protocol: 'tcp' }],
  }),
  exits: ({ code, afterMs, prints = '', errors = '' }) =>
    shell(`printf %s "$OUT"; printf %s "$ERR" >&2; sleep ${afterMs / 1_000}; exit ${code}`, { OUT: prints, ERR: errors }),
  stubborn: () => shell("trap '' TERM; echo ready; while :; do sleep 1; done"),
  ticker: () => shell(`${POLITE}i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.1 & wait $!; done`),
  missing: () => ({ ...emptySpec, image: TEST_IMAGE, command: ['/no/such/program'] }),
}

export type DockerHarness = RuntimeHarness & {
  readonly docker: Dockerode
  readonly dataFolder: string
  readonly blobs: Map<string, Uint8Array>
  readonly runtime: Runtime & Images
  /** As `reopen`, with other options. */
  open(changes?: Partial<DockerRuntimeOptions>): Runtime & Images
}

export async function makeDockerHarness(): Promise<DockerHarness> {
  const docker = await testEngine()
  const installation = `test-${randomBytes(4).toString('hex')}`
  const dataFolder = await mkdtemp(join(tmpdir(), 'longshore-docker-'))
  const secrets = new Map<string, string>()
  const blobs = new Map<string, Uint8Array>()
  const options: DockerRuntimeOptions = {
    docker,
    installation,
    dataFolder,
    secrets: { get: async (stack, name, version) => secrets.get(`${stack}/${name}/${version}`) },
    blobs: { get: async hash => blobs.get(hash) },
    clock: { now: () => Date.now() },
  }
  const begun = Math.floor(Date.now() / 1_000) - 1
  const state = (id: string) => docker.getContainer(id).inspect()
  return {
    docker,
    installation,
    dataFolder,
    blobs,
    programs: dockerPrograms,
    runtime: createDockerRuntime(options),
    open: changes => createDockerRuntime({ ...options, ...changes }),
    reopen: async (other = installation) => createDockerRuntime({ ...options, installation: other }),
    alive: async id => (await state(id).catch(() => undefined))?.State.Running ?? false,
    startsOf: id => countStarts(docker, id, begun),
    kill: async id => {
      await docker.getContainer(id).kill({ signal: 'SIGKILL' })
    },
    putSecret: async (stack, name, value) => {
      secrets.set(`${stack}/${name}/1`, value)
      return { version: 1, hash: hashOf(value) }
    },
    close: async () => {
      await removeAllOf(docker, installation)
      await rm(dataFolder, { recursive: true })
    },
  }
}

/** By the engine's own event log. */
async function countStarts(docker: Dockerode, id: string, since: number): Promise<number> {
  const until = Math.floor(Date.now() / 1_000) + 1
  const events = await docker.getEvents({ since, until, filters: { container: [id], event: ['start'] } })
  let text = ''
  for await (const chunk of events) text += chunk
  return text.split('\n').filter(line => line.trim()).length
}

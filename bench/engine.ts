import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Dockerode from 'dockerode'
import { connectEngine } from '../shared/adapters/docker/connect-engine.ts'
import { emptySpec, type ServiceSpec } from '../shared/domain/spec.ts'
import { removeAllOf } from '../test/contracts/docker-engine.ts'
import { tryAnswer } from './client.ts'
import { type Home, type HomeSettings, openHome } from './home.ts'
import { until } from './until.ts'

export const IMAGE = 'longshore-bench/httpd'
export const COMMAND = ['/bin/busybox', 'httpd', '-f', '-p', '3000', '-h', '/www']
/** One for each run: engine 20.10 now and then keeps an endpoint of a killed container, and its network with it. */
export const NETWORK = `longshore-bench-${process.pid}`

/** The engine, with an image that answers HTTP at once and a network, the same for both sides. */
export async function openEngine(): Promise<{ readonly docker: Dockerode; close(): Promise<void> }> {
  const engine = await connectEngine(process.env)
  if ('problem' in engine) throw new Error(`this benchmark needs an engine: ${engine.problem}`)
  const { docker } = engine
  makeImage()
  await docker.createNetwork({ Name: NETWORK, CheckDuplicate: true }).catch((error: { statusCode?: number }) => {
    if (error.statusCode !== 409) throw error // the benchmark before this one could not remove it
  })
  return {
    docker,
    close: async () => {
      await docker
        .getNetwork(NETWORK)
        .remove()
        .catch(() => {})
      await docker
        .getImage(IMAGE)
        .remove()
        .catch(() => {})
    },
  }
}

/** A host on the engine; closing it also removes the ended containers, which a host keeps for an hour (E3). */
export async function openDockerHome(docker: Dockerode, port: number, more: HomeSettings = {}): Promise<Home> {
  const home = await openHome('docker', port, more)
  const close = () => home.close().finally(() => removeAllOf(docker, home.installation))
  return { ...home, close }
}

/** The same as the raw tasks: one published port, one network that is there already. */
export const specOn = (published: number): ServiceSpec => ({
  ...emptySpec,
  image: IMAGE,
  command: COMMAND,
  ports: [{ published, target: 3000, protocol: 'tcp', layer: 'http' }],
  networks: [{ name: NETWORK, aliases: ['web'], external: true }],
  stopGracePeriod: 0,
})

function makeImage(): void {
  const root = mkdtempSync(join(tmpdir(), 'longshore-bench-image-'))
  for (const folder of ['bin', 'www']) mkdirSync(join(root, folder))
  cpSync('/bin/busybox', join(root, 'bin/busybox'))
  writeFileSync(join(root, 'www/index.html'), 'here\n')
  execFileSync('sh', ['-c', `tar -C ${root} -c . | docker import - ${IMAGE}`], { stdio: 'pipe' })
  rmSync(root, { recursive: true, force: true })
}

/** Raw create and start of one container, until it answers on its published port. */
export async function rawTask(docker: Dockerode, restart = 'no'): Promise<Dockerode.Container> {
  const container = await docker.createContainer({
    Image: IMAGE,
    Cmd: COMMAND,
    ExposedPorts: { '3000/tcp': {} },
    HostConfig: {
      NetworkMode: NETWORK,
      PortBindings: { '3000/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
      RestartPolicy: { Name: restart },
    },
  })
  await container.start()
  await until('a raw container answers', () => answers(container))
  return container
}

export async function answers(container: Dockerode.Container): Promise<boolean> {
  const { NetworkSettings } = await container.inspect()
  const port = NetworkSettings.Ports['3000/tcp']?.[0]?.HostPort
  return port !== undefined && (await tryAnswer(Number(port))) !== undefined
}

/** At most four at once: more make each start slower on few cores. */
export async function rawTasks(docker: Dockerode, count: number): Promise<readonly Dockerode.Container[]> {
  const made: Dockerode.Container[] = []
  let left = count
  const worker = async () => {
    while (left-- > 0) made.push(await rawTask(docker))
  }
  await Promise.all(Array.from({ length: Math.min(4, count) }, worker))
  return made
}

export const removeAll = async (containers: readonly Dockerode.Container[]): Promise<void> =>
  void (await Promise.all(containers.map(container => container.remove({ force: true }))))

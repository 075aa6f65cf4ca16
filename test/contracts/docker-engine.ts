import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type Dockerode from 'dockerode'
import { buildImage } from '../../shared/adapters/docker/build-image.ts'
import { connectEngine } from '../../shared/adapters/docker/connect-engine.ts'

/** BusyBox and nothing else, since no registry may be asked for in a test. */
export const TEST_IMAGE = 'longshore-test/busybox'

const DOCKERFILE = `FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN ["/bin/busybox", "mkdir", "-m", "1777", "/tmp"]
`

/** Set where there is no engine: container tests are then left out, and say so. Without it a missing engine is a failure. */
export function containerTestsAreLeftOut(): boolean {
  if (process.env['LONGSHORE_TEST_ENGINE'] !== 'none') return false
  process.stdout.write('LONGSHORE_TEST_ENGINE=none: the container tests of this file are left out\n')
  return true
}

/** The engine of this machine, with the test image on it. @throws when none answers */
export async function testEngine(): Promise<Dockerode> {
  const engine = await connectEngine(process.env)
  if ('problem' in engine) throw new Error(`${engine.problem} (LONGSHORE_TEST_ENGINE=none leaves the container tests out)`)
  const isThere = await engine.docker
    .getImage(TEST_IMAGE)
    .inspect()
    .then(
      () => true,
      () => false,
    )
  if (!isThere) await buildTestImage(engine.docker)
  return engine.docker
}

async function buildTestImage(docker: Dockerode): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'longshore-busybox-'))
  try {
    await copyFile('/bin/busybox', join(context, 'busybox'))
    await writeFile(join(context, 'Dockerfile'), DOCKERFILE)
    await buildImage(docker, { context, tag: TEST_IMAGE }, () => undefined)
  } finally {
    await rm(context, { recursive: true })
  }
}

/** Removes every container, network and volume that bears the installation's label. */
export async function removeAllOf(docker: Dockerode, installation: string): Promise<void> {
  const filters = { label: [`longshore.installation=${installation}`] }
  const containers = await docker.listContainers({ all: true, filters })
  await Promise.all(
    containers.map(({ Id }) =>
      docker
        .getContainer(Id)
        .remove({ force: true, v: true })
        .catch(() => undefined),
    ),
  )
  for (const { Id } of await docker.listNetworks({ filters })) await docker.getNetwork(Id).remove()
  for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) await docker.getVolume(Name).remove()
}

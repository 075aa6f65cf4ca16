import type { PushPlace } from '../shared/api/contract.ts'
import type { Loaded } from '../shared/compose/load.ts'
import { CodedError } from '../shared/domain/errors.ts'
import { type Cli, isJson } from './command.ts'

export type ImageWork = {
  /** False: what the engine has is used as it is. */
  readonly build: boolean
  /** Where tasks run on another engine than the caller's: asked for the place to push to. */
  readonly push?: () => Promise<PushPlace>
}

/**
 * Builds on the caller's own engine, and pushes where tasks run elsewhere; answers what names the images exactly, by service.
 * @throws CodedError LS-BUILD-FAILED, LS-ENGINE-UNREACHABLE, LS-IMAGE-NOT-FOUND
 */
export async function buildImages(
  cli: Cli,
  builds: Loaded['builds'],
  work: ImageWork = { build: true },
): Promise<Readonly<Record<string, string>>> {
  if (builds.length === 0) return {}
  const [{ connectEngine }, { buildImage }, { pushImage }] = await Promise.all([
    import('../shared/adapters/docker/connect-engine.ts'),
    import('../shared/adapters/docker/build-image.ts'),
    import('../shared/adapters/docker/push-image.ts'),
  ])
  const engine = await connectEngine(process.env)
  if ('problem' in engine)
    throw new CodedError('LS-ENGINE-UNREACHABLE', engine.problem, {
      hint: 'Images are built by an engine of this machine; --no-build uses what is there.',
    })
  const ids: Record<string, string> = {}
  const to = await work.push?.()
  for (const { service, image, ...build } of builds) {
    const say = sayer(cli, service)
    if (work.build) {
      say(`building ${image}`)
      ids[service] = await buildImage(engine.docker, { ...build, tag: image, platform: to?.platform }, say)
      say(`built ${image}`, true)
    }
    if (!to) continue
    say(`pushing ${image} to ${to.repository}`)
    ids[service] = await pushImage(engine.docker, { service, image }, to, say)
    say(`pushed ${ids[service]}`, true)
  }
  return ids
}

/** For dry runs: in place of the digest of an image that the engine does not have, a word. */
export async function unbuiltImages(builds: Loaded['builds'], isElsewhere: boolean): Promise<Readonly<Record<string, string>>> {
  if (builds.length === 0) return {}
  if (isElsewhere) return Object.fromEntries(builds.map(({ service }) => [service, 'unpushed']))
  const { connectEngine } = await import('../shared/adapters/docker/connect-engine.ts')
  const engine = await connectEngine(process.env)
  if ('problem' in engine) return {}
  const digests: Record<string, string> = {}
  for (const { service, image } of builds) {
    const isThere = await engine.docker
      .getImage(image)
      .inspect()
      .then(() => true)
      .catch(() => false)
    if (!isThere) digests[service] = 'unbuilt'
  }
  return digests
}

/** On a terminal the engine's newest line, over the one before; elsewhere only the beginning and the end. */
function sayer({ io, settings, paint }: Cli, service: string): (line: string, isLast?: boolean) => void {
  const isQuiet = settings.progress === 'quiet' || settings.progress === 'json' || isJson({ settings })
  if (isQuiet) return () => {}
  if (!io.isTty) return (line, isLast) => void ((isLast || /^(building|pushing \S+ to) /.test(line)) && io.out(`  ${service}   ${line}`))
  return (line, isLast) =>
    io.write(
      `\r\u001b[2K  ${service}   ${paint('dim', line.slice(0, Math.max(10, io.columns() - service.length - 6)))}${isLast ? '\n' : ''}`,
    )
}

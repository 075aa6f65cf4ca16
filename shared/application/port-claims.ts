import { parseStream, serviceStream } from '../domain/commit.ts'
import { isGone, pictureOf, type Stack } from '../domain/stack.ts'
import { foldService, foldStack } from './folds.ts'
import type { LogPorts, Ports } from './ports.ts'

type PublishedPort = { readonly published?: number; readonly protocol: string }

/** L10: the claims that published ports need: one per port and protocol in an installation. */
export const portClaims = (published: readonly PublishedPort[]): readonly string[] =>
  published.flatMap(port => (port.published === undefined ? [] : [`port/${port.published}/${port.protocol}`]))

const names = (ports: readonly PublishedPort[] | undefined, name: string): boolean => portClaims(ports ?? []).includes(name)

/** Whether a service that is wished publishes it, or one is on its way, so that nobody knows yet. */
export function isNamed({ services, ...stack }: Stack, name: string): boolean {
  const picture = isGone({ services, ...stack }) ? {} : pictureOf(services)
  const isOpen = Object.values(services).some(({ outcome }) => outcome === undefined)
  return isOpen || Object.entries(picture).some(([service, revision]) => names(services[service]?.revisions[revision]?.spec.ports, name))
}

/**
 * Takes the claim, also from a stack that gave the port up: what follows its end or its update takes a moment, and may have been lost. A claim that
 * is younger than a function's timeout may be of a commit that comes yet.
 */
export async function takeClaim(ports: LogPorts & Pick<Ports, 'claims' | 'setting'>, name: string, owner: string) {
  const claim = await ports.claims.take(name, owner, ports.clock.now())
  if (claim.taken) return claim
  const other = await foldStack(ports, claim.owner)
  if (other.version === 0 || isNamed(other, name)) return claim // without a commit it is about to make its first one
  if (!isGone(other) && !(await isGivenUp(ports, other, claim.owner, name))) return claim
  await ports.claims.release(name, claim.owner)
  return ports.claims.take(name, owner, ports.clock.now())
}

/** No task is left that the port leads to. */
async function isGivenUp(
  ports: LogPorts & Pick<Ports, 'claims' | 'setting'>,
  { services }: Stack,
  owner: string,
  name: string,
): Promise<boolean> {
  const takenAt = (await ports.claims.list()).find(claim => claim.name === name)?.at ?? 0
  if (ports.clock.now() < takenAt + ports.setting.limits.timeout) return false
  for (const service of Object.keys(services)) {
    const { tasks, specs } = await foldService(ports, serviceStream(parseStream(owner).stack, service))
    if (Object.values(tasks).some(({ revision }) => names(specs[revision]?.ports, name))) return false
  }
  return true
}

import { stringify } from 'yaml'
import type { Network, ServiceSpec, StackSpec } from '../domain/spec.ts'
import { keyOf, renderMapping, renderService } from './render-service.ts'

const specsOf = (stack: StackSpec): readonly ServiceSpec[] => Object.values(stack.services).map(service => service.spec)

function networks(stack: StackSpec): object {
  const byName = new Map<string, Network>(specsOf(stack).flatMap(spec => spec.networks.map(network => [network.name, network] as const)))
  const entries = [...byName.values()].map(({ name, external, internal }) => [
    keyOf(stack.name, name),
    { name, ...(external && { external }), ...(internal && { internal }) },
  ])
  return Object.fromEntries(entries)
}

function volumes(stack: StackSpec): object {
  const named = specsOf(stack).flatMap(spec => spec.volumes.filter(mount => mount.type === 'volume' && mount.source !== undefined))
  const entries = named.map(({ source, external }) => [keyOf(stack.name, source!), { name: source, ...(external && { external }) }])
  return Object.fromEntries(entries)
}

/** Contents are told by reference or hash: the model does not hold them. */
function files(stack: StackSpec, kind: 'config' | 'secret'): object {
  const all = specsOf(stack).flatMap(spec => spec.files.filter(file => file.kind === kind))
  const entries = all.map(({ name, content, secret }) => [
    name,
    secret ? { content: `‹secret:${secret}›` } : { content: `‹sha256:${content}›` },
  ])
  return Object.fromEntries(entries)
}

/**
 * The canonical model in Compose's words, for `longshore config`. References to secrets stand as they are, a literal `$` is doubled, so
 * that a stack without secrets and configs gives the same stack when it is read again.
 */
export function renderConfig(stack: StackSpec): string {
  const services = Object.entries(stack.services).map(([name, wanted]) => [name, renderService(stack.name, wanted)])
  const model = {
    name: stack.name,
    services: Object.fromEntries(services),
    ...renderMapping('networks', networks(stack)),
    ...renderMapping('volumes', volumes(stack)),
    ...renderMapping('configs', files(stack, 'config')),
    ...renderMapping('secrets', files(stack, 'secret')),
  }
  return stringify(model, { lineWidth: 0, aliasDuplicateObjects: false, version: '1.2' })
}

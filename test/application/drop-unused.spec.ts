import { expect, it } from 'vitest'
import { onStack } from '../../shared/application/append.ts'
import { audit } from '../../shared/application/audit.ts'
import { deploy } from '../../shared/application/deploy.ts'
import { stackStream } from '../../shared/domain/commit.ts'
import { decideStack } from '../../shared/domain/stack-decide.ts'
import { spec, stackSpec } from '../domain/given.ts'
import { asker, makeWorld, settle, type World } from './world.ts'

/** A runtime that makes something for each network with its first task, and a router that leaves something behind. */
function worldWithNetworks() {
  const world = makeWorld()
  const made = new Set<string>()
  const busy = new Set<string>()
  const { onStart } = world.runtime
  world.runtime.onStart = request => {
    for (const { name } of request.spec.networks) made.add(name)
    return onStart(request)
  }
  world.runtime.keepNetworks = async named => {
    const listed = [...made]
    const kept = await named()
    for (const name of listed) if (!kept.has(name) && !busy.has(name)) made.delete(name)
  }
  let drops = 0
  world.router.dropUnused = async () => void drops++
  return { world, made, busy, drops: () => drops }
}
const on = (...names: string[]) => spec('a', { networks: names.map(name => ({ name, aliases: [] })) })
const up = (world: World, stack: string, services: Parameters<typeof stackSpec>[0]) =>
  deploy(world, { spec: stackSpec(services, stack), secrets: {}, blobs: {} }, asker())
async function down(world: World, stack: string): Promise<void> {
  await onStack(world, stackStream(stack), state => decideStack(state, { type: 'remove', volumes: false }), { actor: 'x' })
  await settle(world)
}

it('M4, E4: networks go with the last stack that names them; another’s, and one that two share, stay', async () => {
  const { world, made, drops } = worldWithNetworks()
  await up(world, 'shop', { web: on('shop_default', 'shared') })
  await up(world, 'blog', { web: on('blog_default', 'shared') })
  await settle(world)
  await settle(world)
  expect([...made].sort()).toEqual(['blog_default', 'shared', 'shop_default'])
  await down(world, 'shop')
  expect([...made].sort()).toEqual(['blog_default', 'shared'])
  expect(drops()).toBeGreaterThan(0)
})

it('M4, E4: what is still in use when its stack goes, a later audit removes', async () => {
  const { world, made, busy } = worldWithNetworks()
  await up(world, 'shop', { web: on('shop_default') })
  await settle(world)
  busy.add('shop_default')
  await down(world, 'shop')
  expect([...made]).toEqual(['shop_default'])
  busy.clear()
  await audit(world)
  expect([...made]).toEqual([])
})

it('M4: one that only an earlier revision names stays, since a rollback may bring it back; with its service it goes', async () => {
  const { world, made } = worldWithNetworks()
  await up(world, 'shop', { web: on('shop_old') })
  await settle(world)
  await up(world, 'shop', { web: on('shop_new') })
  await settle(world)
  await audit(world)
  expect([...made].sort()).toEqual(['shop_new', 'shop_old'])
  await up(world, 'shop', { other: on('shop_new') })
  await settle(world)
  await audit(world)
  expect([...made]).toEqual(['shop_new'])
})

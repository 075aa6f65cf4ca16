import { expect, it } from 'vitest'
import { FUNCTION_TABLE } from '../../infra/function-table.ts'
import { type AllPorts, grantedPorts } from '../../infra/local/handlers.ts'
import { makeWorld } from '../application/world.ts'

const rowOf = (name: string) => FUNCTION_TABLE.find(row => row.name === name)!

it('a function has the ports of its row and no other', () => {
  const world = makeWorld() as unknown as AllPorts
  expect(Object.keys(grantedPorts(rowOf('observe'), world)).toSorted()).toEqual(['clock', 'folds', 'ids', 'log', 'snapshots'])
  expect(grantedPorts(rowOf('reconcile'), world)['runtime']).toBe(world.runtime)
})

it('of a port that it needs in part it has that part: the API starts nothing, and whoever looks stops nothing', async () => {
  const world = makeWorld()
  const api = grantedPorts(rowOf('api'), world as unknown as AllPorts)
  expect(Object.keys(api['runtime'] as object)).not.toContain('start')
  expect(Object.keys(api['router'] as object)).not.toContain('apply')
  const { runtime } = grantedPorts(rowOf('check-health'), world as unknown as AllPorts) as { runtime: Pick<AllPorts['runtime'], 'list'> }
  expect(Object.keys(runtime)).toEqual(['list', 'named'])
  expect(await runtime.list()).toEqual([])
})

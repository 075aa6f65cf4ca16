import { describe, expect, it } from 'vitest'
import { ApiError } from '../../cli/api-client.ts'
import { placed } from '../../cli/placed-error.ts'
import { load } from '../compose/load-text.ts'

const loaded = load('services:\n  a.b:\n    image: i\n    configs: [c]\nconfigs:\n  c: {content: x}\n')
const refusedAt = (path: string | undefined) =>
  placed(loaded, async () => {
    throw new ApiError({ error: { code: 'LS-RUNTIME-UNSUPPORTED', message: 'no', ...(path !== undefined && { path }) } })
  })

describe('what the API refuses by a path of the spec', () => {
  it.each([
    ['services.a.b.configs', 4],
    ['services.a.b.configs.0', 4],
    ['configs.c', 6],
    ['services.a.b.networks', 2],
    ['services.a.b.deploy.resources', 2],
  ])('%s is told at line %i: its own, or that of what it stands in', async (path, line) => {
    await expect(refusedAt(path)).rejects.toMatchObject({ code: 'LS-RUNTIME-UNSUPPORTED', message: 'no', place: { line } })
  })

  it.each([undefined, 'services.nobody.image', 'volumes.v'])('%s is told without one', async path => {
    await expect(refusedAt(path)).rejects.not.toHaveProperty('place.line')
  })
})

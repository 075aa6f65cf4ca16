import { expect, it } from 'vitest'
import { deploy, dryRun } from '../../shared/application/deploy.ts'
import { CodedError } from '../../shared/domain/errors.ts'
import { spec, stackSpec } from '../domain/given.ts'
import { allCommits, asker, makeWorld } from './world.ts'

const full = async () => {
  throw new CodedError('LS-SPEC-LIMIT', 'the store takes no more')
}
const worldThatRefuses = () => ({ ...makeWorld(), secrets: { ...makeWorld().secrets, put: full, preview: full } })

it.each([
  ['secrets.db', { files: [{ kind: 'secret', name: 'db', target: '/run/secrets/db', secret: 'BIG' }] }],
  ['configs.app', { files: [{ kind: 'config', name: 'app', target: '/run/secrets/app', secret: 'BIG' }] }],
  ['services.web.environment.URL', { environment: { A: 'b', URL: 'x‹secret:BIG›' } }],
] as const)('a value that the store does not take is told at %s, and nothing is committed', async (path, more) => {
  const world = worldThatRefuses()
  const asked = { spec: stackSpec({ web: spec('web', more as object) }), secrets: { BIG: 'v' }, blobs: {} }
  const told = { code: 'LS-SPEC-LIMIT', message: 'the store takes no more', place: { path } }
  await expect(deploy(world, asked, asker())).rejects.toMatchObject(told)
  await expect(dryRun(world, asked)).rejects.toMatchObject(told)
  expect(await allCommits(world)).toEqual([])
})

it('one that the spec does not speak of has no place', async () => {
  const asked = { spec: stackSpec({ web: spec('web') }), secrets: { BIG: 'v' }, blobs: {} }
  await expect(deploy(worldThatRefuses(), asked, asker())).rejects.not.toHaveProperty('place.path')
})

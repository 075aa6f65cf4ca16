import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { eventually } from '../contracts/eventually.ts'
import { type Person, somebody } from './cli.ts'
import { makeUser } from './emulator-iam.ts'
import { imageFolder, runningWith } from './engine.ts'
import type { Room } from './room.ts'

const COMPOSE = `name: typed
services:
  web:
    build: image
    environment: {VERSION: "1", TYPED: "1"}
    deploy: {replicas: 1, update_config: {monitor: 0s}}
    x-longshore: {exec: true}
`

/** Somebody with an engine, a Compose file and a plugin that only writes down what it is called with. */
function atWork(environment: Readonly<Record<string, string>>): Person {
  const person = somebody(environment)
  renameSync(imageFolder(), join(person.folder, 'image'))
  writeFileSync(join(person.folder, 'compose.yaml'), COMPOSE)
  mkdirSync(join(person.folder, 'bin'))
  const plugin = join(person.folder, 'bin', 'session-manager-plugin')
  writeFileSync(plugin, `#!/bin/sh\n[ "$1" = --version ] || printf '%s\\n' "$@" >'${person.folder}/called'\n`)
  chmodSync(plugin, 0o755)
  return person
}

/**
 * The CLI as a process of its own against the deployed API: an image of the person's own engine in the emulator's registry, run by its digest.
 * The emulator's ExecuteCommand answers a session that leads nowhere, so that nothing is seen here of what a program inside says.
 */
export function casesOfTheCli(room: () => Room): void {
  it('a context by signature: up builds, pushes and pins; ps, logs and exec see the task; down takes it down', async () => {
    const { emulator, deployment } = room()
    const { url } = deployment
    const { accessKeyId, secretAccessKey } = await makeUser(emulator, 'typist', {
      Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }],
    })
    const person = atWork({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey })
    try {
      const added = await person.types(`context add prod ${url} --iam --region us-east-1`)
      expect(added).toMatchObject({ code: 0, out: expect.stringContaining('tasks of cluster longshore') })
      await person.types('context use prod')

      const up = await person.types('up -y')
      expect(up, up.out).toMatchObject({ code: 0, err: `Context prod: ${url}\n` })
      const [, digest] = /pushed \S+@(sha256:[0-9a-f]{64})/.exec(up.out) ?? []
      expect(digest, up.out).toBeDefined()
      expect(up.out).not.toContain('localhost:80')
      const [container] = runningWith('TYPED', '1')
      expect(container!.image, 'what runs is what was pushed').toContain(digest)

      expect((await person.types('ps')).out).toMatch(/web\.1\s.*typed-web|typed-web/)
      await eventually('its output is read', async () => (await person.types('logs')).out.includes('version 1 is up'), 30_000)
      const PATH = `${join(person.folder, 'bin')}:${process.env['PATH']}`
      expect(await person.types('exec web sh', { PATH })).toMatchObject({ code: 0 })
      expect(readFileSync(join(person.folder, 'called'), 'utf8')).toMatch(
        /StreamUrl.*\nus-east-1\nStartSession\n\n\{"Target":"ecs:longshore_/,
      )
      const { out } = await person.types('events --format json')
      expect(out).toMatch(/iam arn:aws:iam::000000000000:user\/typist.*ExecAsked|ExecAsked.*user\/typist/s)

      expect(await person.types('down -v -d')).toMatchObject({ code: 0 })
      expect(JSON.parse((await person.types('status --format json')).out).services[0].removed).toBe(true)
    } finally {
      person.leave()
    }
  })

  it('a context by token does the same, and another token nothing', async () => {
    const { deployment } = room()
    const person = somebody()
    try {
      await person.types(`context add prod ${deployment.url}`, { LONGSHORE_TOKEN: deployment.token })
      await person.types(`context add not ${deployment.url}`, { LONGSHORE_TOKEN: 'wrong' })
      expect(await person.types('--context prod ls')).toMatchObject({ code: 0 })
      expect(await person.types('--context not ls')).toMatchObject({ code: 1, err: expect.stringContaining('LS-UNAUTHENTICATED') })
    } finally {
      person.leave()
    }
  })
}

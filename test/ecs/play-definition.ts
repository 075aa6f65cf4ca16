import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { ContainerDefinition } from '@aws-sdk/client-ecs'

/** What is played of a task definition. */
export type Definition = {
  readonly containerDefinitions?: readonly ContainerDefinition[]
  readonly volumes?: readonly { readonly name?: string }[]
}

const docker = (...words: readonly string[]): Buffer =>
  execFileSync('docker', words, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 24 })

/**
 * Runs the containers of a task as ECS does, on the engine of this machine: one that waits for another's SUCCESS after that one, with the task's
 * volumes, which begin empty. Emulators know neither. Answers what each printed, by its name. @throws when one ends with another code than 0
 */
export function playDefinition(definition: Definition, secretAt: (valueFrom: string) => string): Readonly<Record<string, Buffer>> {
  const task = `longshore-played-${randomUUID().slice(0, 8)}`
  const { containerDefinitions = [], volumes = [] } = definition
  const printed: Record<string, Buffer> = {}
  try {
    for (const { name } of volumes) docker('volume', 'create', `${task}-${name}`)
    for (let left = [...containerDefinitions]; left.length > 0; ) {
      const next = left.find(one => (one.dependsOn ?? []).every(({ containerName = '' }) => containerName in printed))
      if (!next) throw new Error('containers wait for each other')
      printed[next.name!] = docker('run', '--rm', '--network', 'none', ...wordsOf(task, next, secretAt))
      left = left.filter(one => one !== next)
    }
    return printed
  } finally {
    for (const { name } of volumes) docker('volume', 'rm', '-f', `${task}-${name}`)
  }
}

function wordsOf(task: string, of: ContainerDefinition, secretAt: (valueFrom: string) => string): readonly string[] {
  const variables = [
    ...(of.environment ?? []).map(({ name, value }) => `${name}=${value}`),
    ...(of.secrets ?? []).map(({ name, valueFrom }) => `${name}=${secretAt(valueFrom!)}`),
  ]
  return [
    ...variables.flatMap(variable => ['-e', variable]),
    ...(of.mountPoints ?? []).flatMap(at => ['-v', `${task}-${at.sourceVolume}:${at.containerPath}:${at.readOnly ? 'ro' : 'rw'}`]),
    ...(of.user ? ['--user', of.user] : []),
    ...(of.readonlyRootFilesystem ? ['--read-only'] : []),
    of.image!,
    ...(of.command ?? []),
  ]
}

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where engines listen when nothing says so: Docker, rootless Docker, Docker Desktop, Colima, OrbStack, Rancher Desktop, Podman. */
export function usualSockets(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): readonly string[] {
  if (platform === 'win32') return ['//./pipe/docker_engine', '//./pipe/podman-machine-default']
  const home = env['HOME'] ?? homedir()
  const runtime = env['XDG_RUNTIME_DIR']
  return [
    '/var/run/docker.sock',
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(home, '.colima/default/docker.sock'),
    join(home, '.orbstack/run/docker.sock'),
    join(home, '.rd/docker.sock'),
    ...(runtime ? [join(runtime, 'podman/podman.sock')] : []),
    '/run/podman/podman.sock',
  ]
}

/** The address of the context that `docker context use` chose; undefined for the default one. */
export async function contextHost(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folder = env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? homedir(), '.docker')
  const name =
    env['DOCKER_CONTEXT'] ?? ((await json(join(folder, 'config.json'))) as { currentContext?: string } | undefined)?.currentContext
  if (!name || name === 'default') return undefined
  const hash = createHash('sha256').update(name).digest('hex')
  const meta = (await json(join(folder, 'contexts/meta', hash, 'meta.json'))) as { Endpoints?: { docker?: { Host?: string } } } | undefined
  return meta?.Endpoints?.docker?.Host
}

async function json(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}

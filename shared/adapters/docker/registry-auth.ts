import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { HUB } from '../../domain/image-reference.ts'

/** A login, in the engine's words. */
export type RegistryAuth = { readonly username: string; readonly password: string; readonly serveraddress: string }

/** Docker Hub's entry in Docker's configuration bears the address of its first API. */
const HUB_KEY = 'https://index.docker.io/v1/'

type DockerConfig = {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
}

/** What `docker login` stored for this registry, directly or in a credential helper. Undefined means: ask without. */
export async function registryAuth(registry: string, env: NodeJS.ProcessEnv): Promise<RegistryAuth | undefined> {
  const key = registry === HUB ? HUB_KEY : registry
  const config = await dockerConfig(env)
  const helper = config.credHelpers?.[registry] ?? config.credsStore
  const helped = helper ? await askHelper(helper, key) : undefined
  if (helped) return helped
  const stored = config.auths?.[key] ?? config.auths?.[`https://${registry}`]
  if (!stored?.auth) return undefined
  const [username = '', ...password] = Buffer.from(stored.auth, 'base64').toString('utf8').split(':')
  return { username, password: password.join(':'), serveraddress: key }
}

async function dockerConfig(env: NodeJS.ProcessEnv): Promise<DockerConfig> {
  const folder = env['DOCKER_CONFIG'] ?? join(homedir(), '.docker')
  try {
    return JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as DockerConfig
  } catch {
    return {}
  }
}

/** Docker's credential helper protocol: the address on stdin, JSON on stdout; a helper that fails has nothing. */
function askHelper(helper: string, address: string): Promise<RegistryAuth | undefined> {
  if (!/^[\w.-]+$/.test(helper)) return Promise.resolve(undefined)
  return new Promise(resolve => {
    const child = spawn(`docker-credential-${helper}`, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], timeout: 10_000 })
    let output = ''
    child.stdout.on('data', chunk => (output += chunk))
    child.stdin.on('error', () => undefined)
    child.on('error', () => resolve(undefined))
    child.on('close', code => resolve(code === 0 ? parseHelped(output, address) : undefined))
    child.stdin.end(address)
  })
}

function parseHelped(output: string, serveraddress: string): RegistryAuth | undefined {
  try {
    const { Username: username, Secret: password } = JSON.parse(output) as { Username: string; Secret: string }
    return { username, password, serveraddress }
  } catch {
    return undefined
  }
}

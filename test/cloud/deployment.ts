import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ApiClient } from '../../cli/api-client.ts'
import { clientOptions, type Emulator } from './emulator.ts'
import { rawCall } from './raw-call.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** As npx has it: the app runs on the Node of the project. */
const BIN = join(ROOT, 'node_modules/.bin')
const CDK = join(ROOT, 'node_modules/aws-cdk/bin/cdk')

export type Deployment = {
  /** By the bearer token. */
  readonly api: ApiClient
  readonly url: string
  readonly token: string
  /** The template's outputs. */
  readonly outputs: Readonly<Record<string, string>>
}

/** Runs the CDK as a person would, against the emulator, with an output folder for each of those: two must not write to one. Answers what it printed. @throws with that when it fails or takes over three minutes */
export async function cdk(emulator: Emulator, ...words: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [CDK, '--ci', '--no-notices', '--no-version-reporting', '--output', join('cdk.out', new URL(emulator.url).port), ...words],
      {
        cwd: ROOT,
        env: { ...process.env, ...emulator.environment, PATH: [BIN, process.env['PATH']].join(delimiter) },
        timeout: 180_000,
        maxBuffer: 64 * 1024 * 1024,
      },
    )
    return stdout + stderr
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout?: string; readonly stderr?: string }
    throw new Error(`cdk ${words.join(' ')}: ${error instanceof Error ? error.message.slice(0, 300) : error}\n${stdout}\n${stderr}`)
  }
}

export const bootstrap = (emulator: Emulator): Promise<string> => cdk(emulator, 'bootstrap', 'aws://000000000000/us-east-1')

/** The app as it is: nothing of it is changed for the emulator but the host of the image registry, which is a setting. */
export const contextOf = (emulator: Emulator): readonly string[] => ['-c', `longshore:registry=${emulator.registry}`]

export async function deployApp(emulator: Emulator, ...more: readonly string[]): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), 'longshore-deployment-'))
  const file = join(folder, 'outputs.json')
  await cdk(emulator, 'deploy', '--require-approval', 'never', '--outputs-file', file, ...contextOf(emulator), ...more)
  const [outputs] = Object.values(JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>)
  rmSync(folder, { recursive: true })
  const url = await nameApi(emulator, outputs!['ApiUrl']!)
  const token = await tokenOf(emulator, outputs!['TokenSecret']!)
  const api = new ApiClient({ endpoint: () => ({ url, token }), patienceMs: 30_000 })
  return { api, url, token, outputs: outputs! }
}

/** An address of this machine that no call of the emulator's other services is made to. (On macOS: ifconfig lo0 alias 127.0.0.2) */
const API_HOST = '127.0.0.2'

/**
 * The name of an HTTP API on AWS leads to its root; on the emulator, whose names do not resolve, it stands under a path that no signature
 * would fit. So it gets a domain of its own, as AWS has them, whose name is an address.
 */
async function nameApi(emulator: Emulator, apiUrl: string): Promise<string> {
  const [apiId] = new URL(apiUrl).hostname.split('.')
  const domain = await fetch(`http://${API_HOST}:${new URL(emulator.url).port}/v1/host`)
  if (domain.status !== 401) {
    await rawCall(emulator, 'apigateway', 'POST', '/v2/domainnames', { domainName: API_HOST, domainNameConfigurations: [{}] })
    await rawCall(emulator, 'apigateway', 'POST', `/v2/domainnames/${API_HOST}/apimappings`, { apiId, stage: '$default' })
  }
  return `http://${API_HOST}:${new URL(emulator.url).port}`
}

async function tokenOf(emulator: Emulator, secret: string): Promise<string> {
  const { SecretString } = await new SecretsManagerClient(clientOptions(emulator)).send(new GetSecretValueCommand({ SecretId: secret }))
  if (!SecretString) throw new Error(`the secret ${secret} is empty`)
  return SecretString
}

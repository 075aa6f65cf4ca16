import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type Dockerode from 'dockerode'
import type { ImageBuildOptions } from 'dockerode'
import { CodedError } from '../../domain/errors.ts'
import { parseReference } from '../../domain/image-reference.ts'
import { type BuildContext, packContext } from './build-context.ts'
import { BuildOutput, type BuildStep } from './build-output.ts'
import { isAtLeast } from './container-options.ts'
import { messageOf, statusOf } from './engine-errors.ts'
import { type RegistryAuth, registryAuth } from './registry-auth.ts'

export type BuildRequest = BuildContext & {
  readonly args?: Readonly<Record<string, string>>
  /** The stage to build, of several. */
  readonly target?: string
  /** `linux/amd64`; absent: the engine's own. */
  readonly platform?: string
  readonly tag: string
}

/**
 * Builds an image on the engine and answers its id. BuildKit builds where the engine has it, since Dockerfiles of today need it
 * (`RUN --mount`, here-documents).
 * @throws CodedError LS-BUILD-FAILED with the last lines, LS-ENGINE-UNREACHABLE
 */
export async function buildImage(docker: Dockerode, request: BuildRequest, onProgress: (line: string) => void): Promise<string> {
  const output = new BuildOutput(onProgress)
  try {
    const packed = await packContext(request).catch(error => {
      throw new CodedError('LS-BUILD-FAILED', `the build context cannot be read: ${(error as Error).message}`, { cause: error })
    })
    const options = await optionsOf(docker, request, packed.dockerfile, packed.dockerfileText)
    const stream = (await docker.buildImage(packed.stream, options)) as Readable
    for await (const line of createInterface({ input: stream })) if (line.trim()) output.add(JSON.parse(line) as BuildStep)
  } catch (error) {
    throw error instanceof CodedError ? error : failed(request, output, error)
  }
  output.end()
  if (output.failure) throw failed(request, output, new Error(output.failure))
  return output.imageId ?? (await docker.getImage(request.tag).inspect()).Id
}

function failed(request: BuildRequest, output: BuildOutput, cause: unknown): CodedError {
  const message = messageOf(cause)
  if (statusOf(cause) === undefined && /ECONN|ENOENT|EACCES|EPIPE|socket hang up/.test(message)) {
    return new CodedError('LS-ENGINE-UNREACHABLE', `the container engine does not answer: ${message}`, { cause })
  }
  const lines = [...output.tail, message]
  return new CodedError('LS-BUILD-FAILED', `building ${request.tag} failed: ${message}\n${lines.map(line => `  ${line}`).join('\n')}`, {
    cause,
  })
}

async function optionsOf(docker: Dockerode, request: BuildRequest, dockerfile: string, text: string): Promise<ImageBuildOptions> {
  const logins = await loginsOf(text)
  return {
    t: request.tag,
    dockerfile,
    target: request.target,
    ...(request.platform !== undefined && { platform: request.platform }),
    buildargs: request.args && { ...request.args },
    rm: true,
    forcerm: true,
    ...((await hasBuildKit(docker)) ? { version: '2', authconfig: logins.single } : { registryconfig: logins.all }),
  } as ImageBuildOptions
}

async function hasBuildKit(docker: Dockerode): Promise<boolean> {
  const version = (await docker.version()) as { ApiVersion: string; Os: string; Components?: readonly { Name: string }[] }
  const isPodman = version.Components?.some(({ Name }) => /podman/i.test(Name)) ?? false
  return !isPodman && version.Os === 'linux' && isAtLeast(version.ApiVersion, '1.39')
}

type Logins = { readonly all: Readonly<Record<string, RegistryAuth>>; readonly single?: RegistryAuth }

/**
 * The stored logins of the registries that a Dockerfile takes images from. The client's BuildKit session shows one login to every registry
 * that asks, so there is a single one only where a single registry is named, and in plain words.
 */
async function loginsOf(dockerfile: string): Promise<Logins> {
  const images = [...dockerfile.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)|--from=(\S+)/gim)].map(match => match[1] ?? match[2] ?? '')
  const registries = new Set(
    images.filter(image => image !== 'scratch' && !image.includes('$')).map(image => parseReference(image).registry),
  )
  const all: Record<string, RegistryAuth> = {}
  for (const registry of registries) {
    const auth = await registryAuth(registry, process.env)
    if (auth) all[auth.serveraddress] = auth
  }
  const isPlain = registries.size === 1 && images.every(image => !image.includes('$'))
  return { all, single: isPlain ? Object.values(all)[0] : undefined }
}

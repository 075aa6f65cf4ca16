import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type Dockerode from 'dockerode'
import { CodedError } from '../../domain/errors.ts'
import type { PushPlace } from '../../ports/registry.ts'
import { messageOf, statusOf } from './engine-errors.ts'
import { PullProgress, type PullStep } from './pull-progress.ts'

type PushStep = PullStep & { readonly error?: string; readonly aux?: { readonly Digest?: string } }

/**
 * Pushes an image of this engine and answers what names it exactly: `<repository>@sha256:…`. Its tag there is the service's and tells the
 * image apart, so that an older one keeps its own. @throws CodedError LS-IMAGE-NOT-FOUND, LS-BUILD-FAILED
 */
export async function pushImage(
  docker: Dockerode,
  { service, image }: { readonly service: string; readonly image: string },
  { repository, username, password, platform }: PushPlace,
  onProgress: (line: string) => void,
): Promise<string> {
  const { Id, Os, Architecture } = await docker
    .getImage(image)
    .inspect()
    .catch(error => {
      throw statusOf(error) === 404
        ? new CodedError('LS-IMAGE-NOT-FOUND', `image ${image} is not on this engine`, { hint: 'longshore up --build builds it.' })
        : failed(image, messageOf(error))
    })
  if (`${Os}/${Architecture}` !== platform)
    throw failed(image, `it is for ${Os}/${Architecture}, and tasks there are ${platform}: build it with FROM --platform=${platform}`)
  const tag = `${service}-${Id.replace('sha256:', '').slice(0, 12)}`
  await docker.getImage(Id).tag({ repo: repository, tag })
  const pushed = docker.getImage(`${repository}:${tag}`)
  try {
    const authconfig = { username, password, serveraddress: repository.split('/')[0]! }
    const stream = (await pushed.push({ authconfig, tag })) as unknown as Readable
    return `${repository}@${await digestTold(stream, onProgress)}`
  } catch (error) {
    throw failed(image, messageOf(error))
  } finally {
    await pushed.remove().catch(() => {}) // the name only, and it may be another image's too
  }
}

async function digestTold(stream: Readable, onProgress: (line: string) => void): Promise<string> {
  const progress = new PullProgress()
  let digest: string | undefined
  for await (const line of createInterface({ input: stream })) {
    if (!line.trim()) continue
    const step = JSON.parse(line) as PushStep
    if (step.error) throw new Error(step.error)
    digest = step.aux?.Digest ?? digest
    progress.add(step)
    const percent = progress.percent()
    if (percent !== undefined) onProgress(`pushing ${percent} %`)
  }
  if (!digest) throw new Error('the engine told no digest')
  return digest
}

const failed = (image: string, why: string) => new CodedError('LS-BUILD-FAILED', `pushing ${image} failed: ${why}`)

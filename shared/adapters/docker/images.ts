import type { Readable } from 'node:stream'
import type Dockerode from 'dockerode'
import { CodedError } from '../../domain/errors.ts'
import { familiarName, parseReference } from '../../domain/image-reference.ts'
import type { ServiceSpec } from '../../domain/spec.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Images, Runtime } from '../../ports/runtime.ts'
import { ifThere, messageOf, orUnknown, statusOf } from './engine-errors.ts'
import { PullProgress, type PullStep } from './pull-progress.ts'
import { registryAuth } from './registry-auth.ts'

type Pull = { readonly progress: PullProgress; failure?: { readonly message: string; readonly at: number; readonly isFinal: boolean } }

/** So long an image that was seen need not be looked for: a deployment asks three times on its way to the first start. */
const SEEN_FOR_MS = 1_000

/** So long a failed pull is answered from memory; then the next question begins another. */
const FAILED_FOR_MS = 30_000

const MOST_SEEN = 100

const isImageId = (image: string): boolean => /^sha256:[0-9a-f]{64}$/.test(image)

export class DockerImages implements Images, Pick<Runtime, 'prepare'> {
  readonly #docker: Dockerode
  readonly #clock: Clock
  readonly #pulls = new Map<string, Pull>()
  /** When each was last seen on the engine, by performance.now(). */
  readonly #seen = new Map<string, number>()

  constructor(docker: Dockerode, clock: Clock) {
    this.#docker = docker
    this.#clock = clock
  }

  async prepare(spec: ServiceSpec): ReturnType<Runtime['prepare']> {
    const image = spec.digest ?? spec.image
    if (!image) return { refused: 'the service names no image' }
    if (this.#wasSeen(image)) return undefined
    if (await orUnknown(`look for ${image}`, () => ifThere(this.#docker.getImage(image).inspect()))) {
      this.#pulls.delete(image)
      return this.#see(image)
    }
    const name = spec.image ?? image
    if (isImageId(image))
      return { refused: `the image ${name} (${image.slice(0, 19)}) is gone from the engine: build or pull it and deploy again` }
    return this.#pull(image, name)
  }

  async resolve(reference: string): Promise<string> {
    const local = await this.#ask(() => ifThere(this.#docker.getImage(reference).inspect()))
    const parsed = parseReference(reference)
    if (local) {
      // A registry's digest can be pulled again where an engine's own id cannot.
      const image = local.RepoDigests?.find(digest => digest.startsWith(`${familiarName(parsed)}@`)) ?? local.Id
      this.#see(image)
      return image
    }
    const digest = parsed.digest ?? (await this.#digestInRegistry(reference))
    return `${familiarName(parsed)}@${digest}`
  }

  #see(image: string): undefined {
    this.#seen.delete(image)
    this.#seen.set(image, performance.now())
    if (this.#seen.size > MOST_SEEN) this.#seen.delete(this.#seen.keys().next().value!)
  }

  #wasSeen(image: string): boolean {
    return performance.now() < (this.#seen.get(image) ?? Number.NEGATIVE_INFINITY) + SEEN_FOR_MS
  }

  async #digestInRegistry(reference: string): Promise<string> {
    const auth = await registryAuth(parseReference(reference).registry, process.env)
    try {
      const image = this.#docker.getImage(reference)
      const told: { Descriptor: { digest: string } } = await image.distribution({ authconfig: auth } as object)
      return told.Descriptor.digest
    } catch (error) {
      if (statusOf(error) === undefined) throw unreachable(error)
      throw notFound(reference, messageOf(error))
    }
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question()
    } catch (error) {
      throw statusOf(error) === undefined ? unreachable(error) : error
    }
  }

  /** One pull for each image, however often it is asked for; the answer is what is known of it now. */
  #pull(image: string, name: string): { readonly waitsFor: string } | { readonly refused: string } {
    const before = this.#pulls.get(image)
    const failure = before?.failure
    if (failure && Math.abs(this.#clock.now() - failure.at) < FAILED_FOR_MS) {
      if (failure.isFinal) return { refused: `pulling ${name}: ${failure.message}` }
      return { waitsFor: `pulling ${name}, tried again in ${FAILED_FOR_MS / 1_000} s: ${failure.message}` }
    }
    const pull: Pull = before && !failure ? before : { progress: new PullProgress() }
    if (pull !== before) {
      this.#pulls.set(image, pull)
      void this.#run(image, pull)
    }
    const percent = pull.progress.percent()
    return { waitsFor: `pulling ${name}${percent === undefined ? '' : ` (${percent} %)`}` }
  }

  /** While the clock steps nobody may read it (T5): the failure is then too old to be remembered. */
  #now(): number {
    try {
      return this.#clock.now()
    } catch {
      return 0
    }
  }

  async #run(image: string, pull: Pull): Promise<void> {
    try {
      const authconfig = await registryAuth(parseReference(image).registry, process.env)
      const stream = (await this.#docker.pull(image, { authconfig })) as Readable
      await new Promise<void>((resolve, reject) => {
        const done = (error: Error | null) => (error ? reject(error) : resolve())
        this.#docker.modem.followProgress(stream, done, (step: PullStep) => pull.progress.add(step))
      })
      this.#pulls.delete(image)
    } catch (error) {
      const message = messageOf(error)
      pull.failure = { message, at: this.#now(), isFinal: isMissing(message) }
    }
  }
}

/** Registries answer "denied" for what does not exist, so as not to tell. What is left is a network or a registry that may recover. */
const isMissing = (message: string): boolean =>
  /not found|manifest unknown|does not exist|denied|unauthorized|no matching manifest|invalid reference|no such image/i.test(message)

const unreachable = (error: unknown): CodedError =>
  new CodedError('LS-ENGINE-UNREACHABLE', `the container engine does not answer: ${messageOf(error)}`, { cause: error })

function notFound(reference: string, message: string): CodedError {
  const hint = isMissing(message)
    ? 'check the name and tag, log in to the registry, or build the image under this name'
    : 'the registry could not be asked: check the network, or build or load the image under this name'
  return new CodedError('LS-IMAGE-NOT-FOUND', `image ${reference} is not on the engine and not in its registry: ${message}`, { hint })
}

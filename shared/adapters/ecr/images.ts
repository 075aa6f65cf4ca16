import { DescribeImagesCommand, type ECRClient, ECRServiceException } from '@aws-sdk/client-ecr'
import { CodedError } from '../../domain/errors.ts'
import { familiarName, type ImageReference, parseReference } from '../../domain/image-reference.ts'
import type { Images } from '../../ports/runtime.ts'
import { NoSuchImage, type OciOptions, registryDigest } from './oci-registry.ts'

export type ImagesOptions = OciOptions & {
  /** A client of ECR in that Region, the installation's own where none is named. */
  readonly client: (region?: string) => ECRClient
  /** The installation's own registry, whatever its host looks like (an emulator's is localhost). */
  readonly registry?: string
}

const ECR_HOST = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)$/
const NOT_IN_ECR = ['ImageNotFoundException', 'RepositoryNotFoundException', 'InvalidParameterException']

/**
 * A tag means one digest from here on: ECR is asked by its API, every other registry as an engine would. A reference with a digest is
 * looked up as well, so that a missing one is refused before the commit. @throws CodedError LS-IMAGE-NOT-FOUND
 */
export function createImages({ client, registry, ...oci }: ImagesOptions): Images {
  async function digestOf(image: ImageReference): Promise<string> {
    const ecr = ECR_HOST.exec(image.registry)
    if (ecr) return ecrDigest(client(ecr[2]), image, ecr[1])
    if (image.registry === registry) return ecrDigest(client(), image)
    return registryDigest({ ...image, reference: image.digest ?? image.tag ?? 'latest' }, oci)
  }

  return {
    async resolve(reference) {
      const image = parseReference(reference)
      try {
        return `${familiarName(image)}@${await digestOf(image)}`
      } catch (error) {
        throw notFound(reference, error)
      }
    },
  }
}

async function ecrDigest(client: ECRClient, { repository, tag, digest }: ImageReference, account?: string): Promise<string> {
  const imageId = digest ? { imageDigest: digest } : { imageTag: tag ?? 'latest' }
  const describe = new DescribeImagesCommand({ registryId: account, repositoryName: repository, imageIds: [imageId] })
  const { imageDetails } = await client.send(describe)
  const found = imageDetails?.[0]?.imageDigest
  if (!found) throw new NoSuchImage('no such tag in ECR')
  return found
}

function notFound(reference: string, error: unknown): CodedError {
  const isMissing = error instanceof NoSuchImage || (error instanceof ECRServiceException && NOT_IN_ECR.includes(error.name))
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
  const why = isMissing ? message : `the registry could not be asked (${name}: ${message})`
  const hint = isMissing
    ? 'Check the name and tag. An image of a private registry is pushed to ECR first.'
    : 'Try again in a moment; nothing was changed.'
  return new CodedError('LS-IMAGE-NOT-FOUND', `image ${reference}: ${why}`, { hint, cause: error })
}

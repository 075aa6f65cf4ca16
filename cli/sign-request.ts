import { CodedError } from '../shared/domain/errors.ts'

export type SignedRequest = {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}
/** Answers the headers to send. */
export type Sign = (request: SignedRequest) => Promise<Readonly<Record<string, string>>>

export type Identity = { readonly region: string; readonly profile?: string }

/** Kept, since it holds the credentials that it once found. */
const signers = new Map<string, Promise<Sign>>()

/**
 * Signs for API Gateway (SigV4, service execute-api) as the profile, or as whom the SDK's default chain finds: environment, SSO, files,
 * container, instance. The SDK is loaded by the first request. @throws CodedError LS-UNAUTHENTICATED when nobody is found
 */
export const signAs =
  (identity: Identity): Sign =>
  async request => {
    const key = JSON.stringify([identity.region, identity.profile])
    const signer = signers.get(key) ?? signerFor(identity)
    signers.set(key, signer)
    return (await signer)(request)
  }

async function signerFor({ region, profile }: Identity): Promise<Sign> {
  const [{ SignatureV4 }, { Sha256 }, { defaultProvider }] = await Promise.all([
    import('@smithy/signature-v4'),
    import('@smithy/core/checksum'),
    import('@aws-sdk/credential-provider-node'),
  ])
  const found = defaultProvider({ ...(profile !== undefined && { profile }), clientConfig: { region } })
  const credentials = async () => {
    try {
      return await found()
    } catch (error) {
      throw nobody(profile, error as Error)
    }
  }
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 })
  return async ({ method, url, headers, body }) => {
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      body,
    })
    const { host: _, ...rest } = signed.headers // fetch writes it, and lets nobody else
    return rest
  }
}

const nobody = (profile: string | undefined, cause: Error) =>
  new CodedError(
    'LS-UNAUTHENTICATED',
    `there are no AWS credentials to sign with${profile ? ` in the profile ${profile}` : ''}: ${cause.message}`,
    {
      hint: 'Log in (aws sso login), or choose who you are with AWS_PROFILE. longshore context add --aws-profile keeps one with the context.',
      cause,
    },
  )

import { createHash } from 'node:crypto'
import { HUB } from '../../domain/image-reference.ts'

/** The registry does not know the image, or shows it to nobody without a login. */
export class NoSuchImage extends Error {
  override readonly name = 'NoSuchImage'
}

export type OciOptions = {
  readonly fetch?: typeof fetch
  /** For each request, in milliseconds. */
  readonly timeoutMs?: number
}

/** Lists of platforms before single images, or a registry answers with the first platform's. */
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ')

/** Docker Hub's registry answers under another name than its images bear. */
const hostOf = (registry: string) => (registry === HUB ? 'registry-1.docker.io' : registry)
const isLocal = (host: string) => /^(localhost|127\.0\.0\.1)(:|$)/.test(host)

/**
 * The digest of a tag by the OCI distribution API, with an anonymous token where the registry asks for one (Docker Hub does).
 * HEAD, which Docker Hub does not count as a pull. @throws NoSuchImage; Error when the registry cannot be asked or limits us
 */
export async function registryDigest(
  image: { readonly registry: string; readonly repository: string; readonly reference: string },
  { fetch: ask = fetch, timeoutMs = 5_000 }: OciOptions = {},
): Promise<string> {
  const host = hostOf(image.registry)
  const url = `${isLocal(host) ? 'http' : 'https'}://${host}/v2/${image.repository}/manifests/${image.reference}`
  const send = (method: string, headers: Record<string, string>) =>
    ask(url, { method, headers: { accept: ACCEPT, ...headers }, signal: AbortSignal.timeout(timeoutMs) })

  let login: Record<string, string> = {}
  let answer = await send('HEAD', login)
  if (answer.status === 401) {
    const token = await anonymousToken(answer.headers.get('www-authenticate') ?? '', image.repository, ask, timeoutMs)
    if (token === undefined) throw new NoSuchImage('the registry wants a login')
    login = { authorization: `Bearer ${token}` }
    answer = await send('HEAD', login)
  }
  judge(answer, host)
  const digest = answer.headers.get('docker-content-digest')
  if (digest && isDigest(digest)) return digest
  const body = await send('GET', login)
  judge(body, host)
  return `sha256:${createHash('sha256')
    .update(new Uint8Array(await body.arrayBuffer()))
    .digest('hex')}`
}

const isDigest = (text: string) => /^sha256:[0-9a-f]{64}$/.test(text)

/** Registries answer 401 or 403 for what does not exist, so as not to tell. */
function judge({ ok, status }: Response, host: string): void {
  if (ok) return
  if (status === 404) throw new NoSuchImage('no such tag or repository')
  if (status === 401 || status === 403) throw new NoSuchImage('no such image, or it wants a login')
  if (status === 429) throw new Error(`${host} limits how often it is asked (429)`)
  throw new Error(`${host} answered ${status}`)
}

/** Undefined where the registry gives no token to strangers. */
async function anonymousToken(challenge: string, repository: string, ask: typeof fetch, timeoutMs: number): Promise<string | undefined> {
  const fields = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!.toLowerCase(), value!]))
  if (!/^bearer /i.test(challenge) || !fields['realm'] || !URL.canParse(fields['realm'])) return undefined
  const realm = new URL(fields['realm'])
  if (realm.protocol !== 'https:' && !isLocal(realm.host)) return undefined // whoever answers for it could be anybody
  if (fields['service']) realm.searchParams.set('service', fields['service'])
  realm.searchParams.set('scope', fields['scope'] ?? `repository:${repository}:pull`)
  const answer = await ask(realm, { signal: AbortSignal.timeout(timeoutMs) })
  if (answer.status === 401 || answer.status === 403) return undefined
  if (!answer.ok) throw new Error(`${realm.host} gave no token (${answer.status})`)
  const { token, access_token } = (await answer.json()) as { readonly token?: string; readonly access_token?: string }
  return token ?? access_token
}

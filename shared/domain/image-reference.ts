/** `nginx` → docker.io/library/nginx:latest in parts; a digest and a tag may both stand. */
export type ImageReference = { readonly registry: string; readonly repository: string; readonly tag?: string; readonly digest?: string }

export const HUB = 'docker.io'

/** The first part is a registry when it looks like a host; else it is Docker Hub's. */
export function parseReference(text: string): ImageReference {
  const [rest = '', digest] = text.split('@')
  const slash = rest.indexOf('/')
  const first = slash < 0 ? '' : rest.slice(0, slash)
  const isHost = /[.:]/.test(first) || first === 'localhost'
  const path = isHost ? rest.slice(slash + 1) : rest
  const colon = path.lastIndexOf(':')
  const repository = colon < 0 ? path : path.slice(0, colon)
  const tag = colon < 0 ? undefined : path.slice(colon + 1)
  const registry = isHost && first !== 'index.docker.io' ? first : HUB
  return { registry, repository: registry === HUB && !repository.includes('/') ? `library/${repository}` : repository, tag, digest }
}

/** The repository as engines write it in RepoDigests: `nginx`, `user/app`, `ghcr.io/user/app`. */
export function familiarName({ registry, repository }: ImageReference): string {
  return registry === HUB ? repository.replace(/^library\//, '') : `${registry}/${repository}`
}

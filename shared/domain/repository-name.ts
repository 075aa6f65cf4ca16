/** Names of stacks and installations may hold what a repository's part may not: `_` twice, or a dash at the end. */
const part = (name: string) =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'x'

/** Begins the repositories of an installation: `longshore/`. */
export const repositoryPrefix = (installation: string): string => `${part(installation)}/`

/** The image repository of a stack. Two whose names look alike may share one: their images are named by digest, and each has its own tag. */
export const repositoryName = (installation: string, stack: string): string => `${repositoryPrefix(installation)}${part(stack)}`

import { hashOf } from './hash.ts'

const plain = (text: string) => text.replace(/[^a-zA-Z0-9_]/g, '_')

/**
 * The task-definition family of a service, by which CloudWatch keeps its metrics: `prod-shop-web`. ECS allows letters, digits, `-` and `_`
 * only, so names that hold other characters or a `-` get a hash: `a-b` + `c` and `a` + `b-c` are two families. At most 255 characters.
 */
export function taskFamily(installation: string, stack: string, service: string): string {
  const parts = [stack, service].map(plain)
  const isPlain = parts[0] === stack && parts[1] === service
  const name = `${installation.replace(/[^a-zA-Z0-9_-]/g, '_')}-${parts.join('-')}`
  return isPlain ? name : `${name}-${hashOf([stack, service]).slice(0, 8)}`
}

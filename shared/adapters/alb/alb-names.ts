import type { TargetCheck } from '../../domain/checks-on-aws.ts'
import { parseStream } from '../../domain/commit.ts'
import { hashOf } from '../../domain/hash.ts'

/**
 * Names that follow from what a thing is, so that it is found before it is made (E1). Load balancers and target groups have at most 32
 * characters, letters, digits and hyphens; hashes keep two installations, stacks or services apart that look alike after shortening.
 */
const short = (text: string, length: number): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, length) || 'x'

export const balancerName = (installation: string): string => `ls-${short(installation, 16)}-${hashOf(installation).slice(0, 10)}`

/** Begins the names of all target groups of one service: `ls-web-4f1c2b9ad-`. */
export const groupPrefix = (installation: string, stream: string): string =>
  `ls-${short(parseStream(stream).service, 8)}-${hashOf([installation, stream]).slice(0, 9)}-`

/** One target group for each published port of a service and each way to ask for health: `ls-web-4f1c2b9ad-8080-1c0d`. */
export const groupName = (installation: string, stream: string, published: number, check: TargetCheck): string =>
  `${groupPrefix(installation, stream)}${published}-${hashOf(check).slice(0, 4)}`

/** The published port that a target group is for. */
export const publishedOf = (name: string): number => Number(name.split('-').at(-2))

import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'

/** An IPv4 range as its first address and prefix length. */
export type Range = { readonly first: number; readonly bits: number }

/**
 * Where our networks lie. The engine's own pool is used up by about thirty networks; a /22 holds as many tasks as a Linux bridge has ports
 * (1,024), and these pools have room for 512 of them.
 */
const POOLS: readonly string[] = ['10.220.0.0/14', '172.28.0.0/14', '10.84.0.0/14']
const BITS = 22

const size = (bits: number): number => 2 ** (32 - bits)

/** Undefined for what is no IPv4 range. */
export function parseRange(text: string): Range | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text)
  if (!match) return undefined
  const [a, b, c, d, bits] = match.slice(1).map(Number) as [number, number, number, number, number]
  if ([a, b, c, d].some(part => part > 255) || bits > 32) return undefined
  const address = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d
  return { first: address - (address % size(bits)), bits }
}

const textOf = ({ first, bits }: Range): string => `${[24, 16, 8, 0].map(shift => Math.floor(first / 2 ** shift) % 256).join('.')}/${bits}`

const overlap = (a: Range, b: Range): boolean => a.first < b.first + size(b.bits) && b.first < a.first + size(a.bits)

/** Pure: the subnets of the pools that touch nothing in `used`, in order. */
export function* freeSubnets(used: readonly string[]): Generator<string> {
  const ranges = used.map(parseRange).filter(range => range !== undefined)
  for (const pool of POOLS.map(text => parseRange(text)!)) {
    for (let first = pool.first; first < pool.first + size(pool.bits); first += size(BITS)) {
      const subnet = { first, bits: BITS }
      if (!ranges.some(range => overlap(range, subnet))) yield textOf(subnet)
    }
  }
}

/** The networks that this machine reaches by a route of its own; the default route, which is everything, is left out. */
export async function hostRoutes(): Promise<readonly string[]> {
  const addresses = Object.values(networkInterfaces()).flatMap(list => list ?? [])
  const own = addresses.flatMap(({ family, cidr }) => (family === 'IPv4' && cidr ? [cidr] : []))
  const table = await readFile('/proc/net/route', 'utf8').catch(() => '')
  return [...own, ...parseRoutes(table)]
}

/** Pure: Linux writes /proc/net/route with the addresses' bytes in reverse. */
export function parseRoutes(table: string): readonly string[] {
  const hex = (text: string): readonly number[] => (text.match(/../g) ?? []).map(byte => Number.parseInt(byte, 16)).reverse()
  return table
    .split('\n')
    .slice(1)
    .flatMap(line => {
      const [, destination = '', , , , , , mask = ''] = line.split('\t')
      const bits = hex(mask).reduce((count, byte) => count + byte.toString(2).replaceAll('0', '').length, 0)
      return destination.length === 8 && bits > 0 ? [`${hex(destination).join('.')}/${bits}`] : []
    })
}

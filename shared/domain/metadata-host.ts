/** Where machines and tasks of a cloud get their credentials: nothing of a user's may be made to ask there. */
const LINK_LOCAL = /^169\.254\./
const METADATA_V6 = /^\[fd00:ec2::(254|23)\]$/
const MAPPED_V6 = /^\[::ffff:a9fe:/
const NAMES = ['metadata.google.internal', 'instance-data.ec2.internal']

/** Every spelling of an address that a URL knows (hexadecimal, octal, one number, mapped into IPv6) comes to the same. */
export function isMetadataHost(host: string): boolean {
  const bare = /^[0-9a-f:]*:[0-9a-f:.]*:[0-9a-f:.]*$/i.test(host) ? `[${host}]` : host
  if (!URL.canParse(`http://${bare}/`)) return false
  const { hostname } = new URL(`http://${bare}/`)
  return LINK_LOCAL.test(hostname) || METADATA_V6.test(hostname) || MAPPED_V6.test(hostname) || NAMES.includes(hostname.replace(/\.$/, ''))
}

type Asking = {
  readonly exec?: readonly string[]
  readonly http?: { readonly host?: string; readonly headers?: Readonly<Record<string, string>> }
}

/** Hosts of URLs in a command line, and the addresses themselves. */
const URL_HOST = /[a-z][a-z0-9+.-]*:\/\/(?:[^\s/?#@"'`]*@)?(\[[^\]]*\]|[^\s/:?#"'`\]]+)/gi
const ADDRESS = /(?<![\w.])169\.254\.\d{1,3}\.\d{1,3}|fd00:ec2::[0-9a-f]+/gi

/** The part of a probe that names the metadata service, as far as it can be read in the file. */
export function metadataHostOf({ exec = [], http }: Asking): string | undefined {
  const headers = Object.entries(http?.headers ?? {}).flatMap(([name, value]) => (/^host$/i.test(name) ? [value] : []))
  const line = exec.join(' ')
  const asked = [...line.matchAll(URL_HOST)].map(match => match[1]!)
  return [...(http?.host ? [http.host] : []), ...headers, ...asked, ...(line.match(ADDRESS) ?? [])].find(isMetadataHost)
}

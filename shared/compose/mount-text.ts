/** `C:\data:/x` or `C:/data:/x`; but `v:/x` and `v:/x:ro` are a volume of one letter. */
const DRIVE = /^[A-Za-z]:(\\|\/[^:]*:\/)/

/** Compose's short spelling of a mount, `[SOURCE:]TARGET[:MODE]`, taken apart. A drive's letter belongs to its source. */
export function splitMount(text: string): { readonly source?: string; readonly target: string; readonly mode?: string } {
  const drive = DRIVE.test(text) ? text.slice(0, 2) : ''
  const [first = '', second, ...rest] = text.slice(drive.length).split(':')
  if (second === undefined) return { target: drive + first }
  return { source: drive + first, target: second, ...(rest.length > 0 && { mode: rest.join(':') }) }
}

/** Whether a source is a path of the host, and not the name of a volume. */
export const isHostPath = (source: string): boolean => /^([./~]|[A-Za-z]:[\\/])/.test(source)

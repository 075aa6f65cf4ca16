export type Wanted = { readonly name?: string; readonly dimensions?: Readonly<Record<string, string>> }

/**
 * The number that a text gives: `12`, JSON `12` or `{"value": 12}`, or the sum of the series of a name in Prometheus' text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). NaN and infinities are passed on as they are: who reads them judges.
 */
export function numberIn(text: string, wanted: Wanted): number | { readonly problem: string } {
  const trimmed = text.trim()
  if (trimmed === '') return { problem: 'it answered nothing' }
  const plain = plainNumber(trimmed)
  if (plain !== undefined) return plain
  if (trimmed.startsWith('{')) return inJson(trimmed)
  const series = seriesOf(trimmed)
  return series.length > 0 ? sumOf(series, wanted) : { problem: 'it answered no number' }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const WORDS: Readonly<Record<string, number>> = { nan: Number.NaN, '+inf': Infinity, inf: Infinity, '-inf': -Infinity }

const plainNumber = (text: string): number | undefined => (NUMBER.test(text) ? Number(text) : WORDS[text.toLowerCase()])

function inJson(text: string): number | { readonly problem: string } {
  try {
    const { value } = JSON.parse(text) as { readonly value?: unknown }
    return typeof value === 'number' ? value : { problem: 'its JSON has no number `value`' }
  } catch {
    return { problem: 'it answered no number' }
  }
}

type Series = { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }

const LINE = /^([a-zA-Z_:][\w:]*)\s*(\{.*\})?\s+(\S+)(\s+-?\d+)?$/
const LABEL = /([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"/g

function seriesOf(text: string): readonly Series[] {
  return text.split('\n').flatMap(line => {
    const [, name, labels = '', number = ''] = LINE.exec(line.trim()) ?? []
    const value = plainNumber(number)
    if (!name || value === undefined) return []
    return [{ name, value, labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key, text]) => [key!, unescaped(text!)])) }]
  })
}

const unescaped = (text: string) => text.replace(/\\(.)/g, (_, letter) => (letter === 'n' ? '\n' : letter))

function sumOf(series: readonly Series[], { name, dimensions = {} }: Wanted): number | { readonly problem: string } {
  const names = new Set(series.map(one => one.name))
  const chosen = name ?? (names.size === 1 ? series[0]!.name : undefined)
  if (chosen === undefined) return { problem: `it answered ${names.size} metrics, and none was named` }
  const found = series.filter(one => one.name === chosen && Object.entries(dimensions).every(([key, value]) => one.labels[key] === value))
  if (found.length === 0) return { problem: `it answered no metric ${chosen}${Object.keys(dimensions).length ? ' with these labels' : ''}` }
  return found.reduce((sum, one) => sum + one.value, 0)
}

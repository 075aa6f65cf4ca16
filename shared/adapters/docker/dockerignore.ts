/** Pure: which paths of a build's context stay behind, by the rules of .dockerignore (Go's filepath.Match, `**`, `!`; the last match wins). */
export type IgnoreRules = {
  /** `path` is relative to the context, with slashes. */
  readonly ignores: (path: string) => boolean
  /** An ignored folder can be left out whole, unless a later exception may bring back something in it. */
  readonly hasExceptions: boolean
}

type Rule = { readonly matches: RegExp; readonly isException: boolean }

export function ignoreRules(text: string): IgnoreRules {
  const rules = text.split(/\r?\n/).flatMap(ruleOf)
  return {
    ignores: path => rules.reduce((ignored, rule) => (rule.matches.test(path) ? !rule.isException : ignored), false),
    hasExceptions: rules.some(rule => rule.isException),
  }
}

function ruleOf(line: string): readonly Rule[] {
  if (line.startsWith('#')) return []
  const trimmed = line.trim()
  const isException = trimmed.startsWith('!')
  const pattern = (isException ? trimmed.slice(1).trim() : trimmed)
    .replace(/^(\.?\/)+/, '')
    .replace(/\/+(\.?\/)*/g, '/')
    .replace(/\/\.?$/, '')
  if (!pattern || pattern === '.') return []
  // What lies in a folder that matches is matched too.
  return [{ matches: new RegExp(`^${expression(pattern)}(/.*)?$`, 's'), isException }]
}

function expression(pattern: string): string {
  return pattern.replace(/\*\*\/|\*\*|\*|\?|\[\^?[^\]]*\]|\\.|[^*?[\\]+|[[\\]/gs, token => {
    if (token === '**/') return '(.*/)?'
    if (token === '**') return '.*'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    if (/^\[.+\]$/s.test(token)) return token
    return (token.startsWith('\\') ? token.slice(1) : token).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
}

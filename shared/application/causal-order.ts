import type { Commit } from '../domain/commit.ts'

/** `service/shop/web 7`, as `causedBy` names a commit. */
function causeOf({ causedBy = '' }: Commit): { readonly stream: string; readonly version: number } {
  const space = causedBy.lastIndexOf(' ')
  return { stream: causedBy.slice(0, space), version: Number(causedBy.slice(space + 1)) }
}

/** Whether `later` cannot stand before `earlier`: the next of its stream, or led to by it. */
function follows(later: Commit, earlier: Commit): boolean {
  if (later.stream === earlier.stream) return later.version > earlier.version
  const cause = causeOf(later)
  return cause.stream === earlier.stream && cause.version >= earlier.version
}

/** By time (there is no global order), and within one millisecond no effect before its cause. */
export function inOrder(commits: readonly Commit[]): readonly Commit[] {
  const sorted = [...commits].sort((a, b) => a.at - b.at || (a.stream === b.stream ? a.version - b.version : a.stream < b.stream ? -1 : 1))
  const groups = [...Map.groupBy(sorted, commit => commit.at).values()]
  return groups.flatMap(group => (group.length === 1 ? group : untangled(group)))
}

function untangled(group: readonly Commit[]): readonly Commit[] {
  const rest = [...group]
  const done: Commit[] = []
  while (rest.length > 0) {
    const free = rest.findIndex(commit => !rest.some(other => other !== commit && follows(commit, other)))
    done.push(...rest.splice(Math.max(0, free), 1))
  }
  return done
}

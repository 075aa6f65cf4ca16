/** A runtime's notice that it will end tasks, known by its own names of them, at that moment (ms since 1970) or later. */
export type Retirement = { readonly runtimeIds: readonly string[]; readonly from: number; readonly why: string }

import * as z from 'zod/mini'
import './english.ts'

/** Names that work as DNS labels, engine names and key parts alike. */
export const ServiceName = z.string().check(z.regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/))
export const StackName = z.string().check(z.regex(/^[a-z0-9][a-z0-9_-]{0,62}$/))

import * as z from 'zod/mini'
import en from 'zod/v4/locales/en.js'

/** zod's small edition says of whatever is wrong only that it is, until it is given words. What reads or shows a schema's messages imports this. */
z.config(en())

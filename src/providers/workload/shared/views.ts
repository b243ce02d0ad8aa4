import * as z from 'zod/mini';

/** What the view of the revisions tells programs and `rb restart undo`: the newest first. */
export const Revisions = z.object({
  revisions: z.array(
    z.object({
      /** As the platform counts them: 7, `checkout:12`. */
      revision: z.union([z.string(), z.number()]),
      /** It is what should run now. */
      present: z.boolean(),
      /** When it began, ISO 8601; null where the platform does not keep that. */
      at: z.nullable(z.string()),
      version: z.string(),
      /** What it was for: a deployment, a restart, an undo. */
      cause: z.string(),
      image: z.optional(z.nullable(z.string())),
      status: z.optional(z.nullable(z.string())),
      reason: z.optional(z.nullable(z.string())),
      finishedAt: z.optional(z.nullable(z.string())),
    }),
  ),
});
export type Revisions = z.output<typeof Revisions>;

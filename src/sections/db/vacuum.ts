import * as z from 'zod/mini';
import { procedure } from '../ports.ts';
import { vacuuming } from './vacuum-action.ts';

/** Section 2.3 of the runbook, "Vacuum / analyze". VACUUM FULL, which locks everybody out, is not offered. */
export const vacuum = procedure({
  id: 'db.vacuum',
  section: '2.3',
  title: 'Vacuum of a table',
  needs: ['database', 'settings'],
  input: z.object({ table: z.string().check(z.minLength(1)), analyze: z.boolean() }),
  steps: ({ action }) => [action('vacuum', 'Vacuum the table', vacuuming)],
  summarise: ({ findings }) => `${findings.get('vacuum')?.summary}.`,
  afterFailure: () => ['rb db vacuum --status', 'rb db running'],
});

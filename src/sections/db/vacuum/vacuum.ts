import * as z from 'zod/mini';
import { procedure } from '../../ports.ts';
import { vacuuming } from './vacuum-action.ts';

/** Section 2.3 of the runbook, "Vacuum / analyze". VACUUM FULL, which locks everybody out, is not offered. */
export const vacuum = procedure({
  id: 'db.vacuum',
  section: '2.3',
  title: 'Vacuum of a table',
  purpose: 'A table has collected dead rows, and autovacuum does not keep up.',
  needs: { database: 'required' },
  input: z.object({ table: z.string().check(z.minLength(1)), analyze: z.boolean() }),
  steps: ({ action }) => {
    const vacuumed = action('vacuum', 'Vacuum the table', vacuuming);
    return {
      steps: [vacuumed],
      summary: ({ seen }) => `${seen(vacuumed)?.summary}.`,
      afterFailure: () => ['rb db vacuum --status', 'rb db running'],
    };
  },
});

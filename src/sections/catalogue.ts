import type { Described } from '../engine/procedure/procedure.ts';
import type { MenuLine, Section } from './section.ts';

export interface SectionEntry {
  /** The words it adds to the command line, each with its line in the help. */
  readonly words: Readonly<Record<string, string>>;
  readonly load: () => Promise<{ readonly section: Section }>;
}

const entry = (words: SectionEntry['words'], load: SectionEntry['load']): SectionEntry => ({ words, load });

/** The sections of the runbook, in its order. A new one is a folder with a `section.ts`, and a line here. */
export const sections: readonly SectionEntry[] = [
  entry(
    {
      overview: 'the service: addresses, health, dashboards, documents (1)',
      open: 'open a dashboard or a document (1)',
    },
    () => import('./overview/section.ts'),
  ),
  entry({ restart: 'restart the service, one instance, or everything (2.1)' }, () => import('./restart/section.ts')),
  entry(
    { db: 'the database: connections, queries, locks, replication, maintenance (2.3, 3.3, 3.6)' },
    () => import('./db/section.ts'),
  ),
  entry({ scale: 'more or fewer instances (2.6)' }, () => import('./scale/section.ts')),
  entry({ health: 'endpoints, load balancer and instances (4)' }, () => import('./health/section.ts')),
  entry(
    { audit: 'what was done: list, show, verify, report', resume: 'go on with a session that was interrupted' },
    () => import('./audit/section.ts'),
  ),
  entry(
    {
      config: 'check or show the configuration',
      trust: 'let a configuration that was found here run, resolve and contact what it names',
    },
    () => import('./setup/section.ts'),
  ),
];

const all = async (): Promise<readonly Section[]> =>
  (await Promise.all(sections.map(({ load }) => load()))).map(({ section }) => section);

/** The runbook as the menu shows it: by its numbers, what has none at the end. */
export const menu = async (): Promise<readonly MenuLine[]> =>
  (await all()).flatMap((section) => section.menu).toSorted((one, other) => rank(one) - rank(other));

const rank = ({ section }: MenuLine): number => {
  const [chapter = '', part = '0'] = section.split('.');
  return chapter === '' ? Number.POSITIVE_INFINITY : Number(chapter) * 1000 + Number(part);
};

/** The procedure with this id; undefined if no section has it. */
export const procedureWith = async (id: string): Promise<Described | undefined> => {
  for (const { procedures } of await all()) {
    // The id may come from a record: `constructor` is not a procedure.
    if (Object.hasOwn(procedures, id)) return procedures[id]?.();
  }
  return undefined;
};

import type { AnyFinding } from '../../../src/engine/finding.ts';
import type { Json } from '../../../src/engine/json.ts';
import { treeOf } from '../../../src/engine/procedure/tree.ts';
import type { AnyContext } from '../../../src/engine/procedure/tree.ts';
import type { Database } from '../../../src/providers/database/port.ts';
import type { DatabaseLook } from '../../../src/sections/db/reading/database-look.ts';
import { newCall } from '../workload/call.ts';

/** What a look says of a server. */
export const findingOf = async <Input>(
  look: DatabaseLook<Input, Json>,
  database: Database,
  input: object = {},
): Promise<AnyFinding> => {
  const [step] = treeOf(look.once()).steps;
  if (step?.kind !== 'check') throw new Error('a look is one check');
  const settings = { environment: {}, longRunningMinutes: 1, idleMinutes: 5 };
  const ports = { database: async () => database, settings: async () => settings };
  return step.look({ ...newCall(), input, ports } as unknown as AnyContext);
};

/** Its verdict, its sentence, its table and its advice as one text. */
export const wordsOf = ({ verdict, summary, evidence, next = [] }: AnyFinding): string =>
  [
    `${verdict}: ${summary}`,
    ...(evidence?.rows ?? []).map((row) =>
      row.map((cell) => (typeof cell === 'object' && cell !== null ? cell.text : String(cell ?? '-'))).join(' | '),
    ),
    ...next,
  ].join('\n');

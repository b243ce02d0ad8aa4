import { onOneLine } from '../../../engine/errors.ts';

/** The name of a role for a statement that a person is to type: who may create one puts into it what he likes. */
export const quotedName = (name: string): string => `"${onOneLine(name).replaceAll('"', '""')}"`;

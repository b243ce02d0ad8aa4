import { type Problem } from '../record/chain.ts';
import { newerIn, readSession } from './read.ts';
import type { RecordedSession } from './read.ts';
import type { Head } from '../record/record.ts';
import { remarksOn } from './strange-times.ts';

/** What `rb audit verify` found out. */
export interface Verification {
  readonly session: string;
  /** 0 intact and closed, and anchored where the configuration has an anchor; 1 damaged; 2 intact, but not closed or not anchored; 3 contradicts an anchor. */
  readonly exit: 0 | 1 | 2 | 3;
  /** No record was edited, removed from the middle, or moved. A cut end and a full rewrite only an anchor can tell. */
  readonly intact: boolean;
  /** The last record closes the session. */
  readonly closed: boolean;
  /** The head was sent to a place that the operator cannot edit. There is none yet. */
  readonly anchored: boolean;
  /** How many sound records there are. */
  readonly records: number;
  readonly head: Head;
  readonly torn?: { readonly bytes: number };
  /** Results that went to the spill file because the log could not take them; `rb resume` takes them in. */
  readonly spilled: number;
  /** Results that it took in. */
  readonly takenOver: number;
  readonly problem?: Problem;
  /** That another version wrote it, in words. */
  readonly newer?: string;
  /** What is strange and no damage: times that cannot be right, lines of a spill file that do not belong to the log. */
  readonly remarks: readonly string[];
}

export interface VerifyOptions {
  /** What the configuration asks for. */
  readonly anchor?: 'none' | 'optional' | 'required';
  readonly now?: Date;
}

/** Checks a session's file. Never throws: one that cannot be read is damaged. */
export const verifyAudit = (path: string, options?: VerifyOptions): Verification =>
  verificationOf(readSession(path), options);

/** The same of a session that was read already. */
export const verificationOf = (
  recorded: RecordedSession,
  { anchor = 'none', now = new Date() }: VerifyOptions = {},
): Verification => {
  const { session, closed, records, head, torn, saved, takenOver, problem } = recorded;
  const newer = newerIn(recorded);
  return {
    session,
    exit: problem ? 1 : closed && anchor === 'none' ? 0 : 2,
    intact: problem === undefined,
    closed,
    anchored: false,
    records,
    head,
    spilled: saved.length,
    takenOver,
    ...(torn && { torn }),
    ...(problem && { problem }),
    ...(newer !== undefined && { newer }),
    remarks: [...remarksOn(recorded.strangeTimes, now), ...strangersIn(recorded)],
  };
};

/** Whoever could write the spill file could write the log as well: no reason not to show what is sound, and one to look. */
const strangersIn = ({ strangers }: RecordedSession): readonly string[] => {
  if (strangers === 0) return [];
  return [
    strangers === 1
      ? '1 line in its spill file does not follow the log and is not used'
      : `${strangers} lines in its spill file do not follow the log and are not used`,
  ];
};

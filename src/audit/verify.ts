import fs from 'node:fs';
import { dirname, join } from 'node:path';
import { type Chain, type Problem, readChain } from './chain.ts';
import { type Head, sha256 } from './record.ts';
import { spilled } from './read.ts';

/** What `rb audit verify` found out. */
export interface Verification {
  readonly session: string;
  /** 0 intact, closed and anchored; 1 damaged; 2 intact but not closed or not anchored; 3 contradicts an anchor. */
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
  readonly problem?: Problem;
}

/** Checks a session's file: the chain, the side files, the copies of what was cut off. Throws only where it cannot be read. */
export const verifyAudit = (path: string): Verification => {
  const chain = readChain(path);
  const problem = chain.problem ?? changedCopy(chain, dirname(path));
  const intact = problem === undefined;
  const closed = chain.records.at(-1)?.kind === 'session.closed';
  const anchored = false;
  return {
    session: chain.session,
    exit: exitOf(intact, closed, anchored),
    intact,
    closed,
    anchored,
    records: chain.records.length,
    head: chain.head,
    spilled: spilled(dirname(path), chain.session, chain.events).length,
    ...(chain.torn && { torn: chain.torn }),
    ...(problem && { problem }),
  };
};

const exitOf = (intact: boolean, closed: boolean, anchored: boolean): 0 | 1 | 2 => {
  if (!intact) return 1;
  return closed && anchored ? 0 : 2;
};

/** A torn end was copied aside when it was cut off, and the record of the cut holds the copy's digest. */
const changedCopy = (chain: Chain, directory: string): Problem | undefined => {
  for (const [at, { kind, seq, event }] of chain.records.entries()) {
    const file = event['file'];
    if (kind !== 'audit.cut' || typeof file !== 'string') continue;
    // The name comes from a record, and a record of a forged log could name any file.
    const isOurs = file.startsWith(`${chain.session}.torn-`) && !file.includes('/');
    const bytes = isOurs ? contentOf(join(directory, file)) : undefined;
    if (!bytes || sha256(bytes) !== event['digest'])
      return { line: at + 1, seq, what: `the copy of what was cut off there, ${file}, is missing or was changed` };
  }
  return undefined;
};

const contentOf = (path: string): Uint8Array | undefined => {
  try {
    return fs.readFileSync(path);
  } catch {
    return undefined;
  }
};

import { dirname } from 'node:path';
import type { Event } from '../engine/events.ts';
import type { JsonObject } from '../engine/json.ts';
import { type Chain, type Problem, readChain } from './chain.ts';
import { type AuditRecord, textAt } from './record.ts';
import { savedEvents } from './spill.ts';

/** A session as its file tells it. */
export interface RecordedSession {
  readonly session: string;
  /** The engine's events, oldest first, up to the last complete and sound line; large parts are put back. */
  readonly events: readonly Event[];
  readonly records: readonly AuditRecord[];
  /** How many of `events` come from the spill file, because the log could not take them. */
  readonly spilled: number;
  readonly torn?: { readonly bytes: number };
  /** The first damage. What comes after it is not in `events`. */
  readonly problem?: Problem;
}

/** Reads a session's file. Throws only where it cannot be read at all; damage is a `problem`. */
export const readSession = (path: string): RecordedSession => {
  const chain = readChain(path);
  const events = engineEvents(chain);
  const saved = chain.problem ? [] : spilled(dirname(path), chain.session, chain.events);
  return {
    session: chain.session,
    events: [...events, ...saved],
    records: chain.records,
    spilled: saved.length,
    ...(chain.torn && { torn: chain.torn }),
    ...(chain.problem && { problem: chain.problem }),
  };
};

/** The events that the spill file holds and the log does not. */
export const spilled = (directory: string, session: string, inLog: readonly JsonObject[]): readonly Event[] => {
  const known = new Set(inLog.map(keyOf));
  return savedEvents(directory, session).filter((event) => !known.has(keyOf(event as unknown as JsonObject)));
};

const keyOf = (event: JsonObject): string =>
  JSON.stringify([event['type'], event['step'], event['at'], event['monotonicMs']]);

/** Records of the log's own (`audit.cut`) are no events of the engine. What the chain vouches for has the engine's shape. */
const engineEvents = (chain: Chain): readonly Event[] =>
  chain.events.filter((event) => !textAt(event, 'type').startsWith('audit.')) as unknown as Event[];

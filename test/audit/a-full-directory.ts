import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuditLog } from '../../src/audit/record/file.ts';
import { readSession } from '../../src/audit/read/read.ts';
import { nextLine, recordable } from '../../src/audit/record/record.ts';
import { reopenAuditLog } from '../../src/audit/read/reopen.ts';
import type { Event } from '../../src/engine/session/events.ts';
import { options } from './a-directory.ts';
import { withoutRegister } from './forgery.ts';
import { actor, at, closed, confirmed, opened, restartOf, rollingRestart, started } from './a-session.ts';

/** What each of the sessions is about. */
export const sessions = {
  done: '20261122-031500-000-aaaa',
  failed: '20261122-031500-001-bbbb',
  cutOff: '20261122-031500-002-cccc',
  withSideFile: '20261122-031500-003-dddd',
  torn: '20261122-031500-004-eeee',
  resumed: '20261122-031500-005-ffff',
  spilled: '20261122-031500-006-gggg',
  newer: '20261122-031500-007-hhhh',
  old: '20261122-031400-jjjj',
} as const;

const own = (session: string, [, ...rest]: readonly Event[]): readonly Event[] => [opened({ session }), ...rest];
const resumedAt = (session: string, second: number): Event =>
  at(second, { type: 'session.resumed', session, actor, mode: 'scripted', done: [] });

const write = (directory: string, session: string, events: readonly unknown[]): string => {
  const log = openAuditLog(options(directory, { session }));
  for (const event of events) log.append(event as Event);
  log.close();
  return log.path;
};

const goOn = (directory: string, session: string, events: readonly Event[]): void => {
  const log = reopenAuditLog(options(directory, { session }));
  for (const event of events) log.append(event);
  log.close();
};

/** What a process leaves beside a log that takes no more. */
export const spill = (directory: string, session: string, events: readonly Event[]): void => {
  let { head } = readSession(join(directory, `${session}.jsonl`));
  const lines = events.map((event) => {
    const { line, hash } = nextLine(head, session, options(directory).envelope, recordable(event), { spilled: true });
    head = { seq: head.seq + 1, hash };
    return line.toString();
  });
  fs.writeFileSync(join(directory, `${session}.spill`), `\n${lines.join('')}`, { mode: 0o600 });
};

/** One directory with a session of each kind. Made once: a test works on copies. */
export const aFullDirectory = (): string => {
  const directory = join(fs.mkdtempSync(join(tmpdir(), 'rb-audit-')), 'audit');
  const half = (session: string) => own(session, rollingRestart()).slice(0, 12);
  write(directory, sessions.old, own(sessions.old, rollingRestart()));
  withoutRegister(join(directory, `${sessions.old}.jsonl`));
  fs.rmSync(join(directory, 'register'));

  write(directory, sessions.done, own(sessions.done, rollingRestart()));
  write(directory, sessions.failed, own(sessions.failed, rollingRestart('app-2')));
  write(directory, sessions.cutOff, half(sessions.cutOff));
  const long = at(2, { type: 'step.progress', step: 'before', note: 'many words '.repeat(7000) });
  write(directory, sessions.withSideFile, [opened({ session: sessions.withSideFile }), long, long, closed(9)]);
  fs.appendFileSync(write(directory, sessions.torn, half(sessions.torn)), '{"actor":{"host":"ops-1","lo');

  fs.appendFileSync(write(directory, sessions.resumed, half(sessions.resumed)), '{"actor":{"ho');
  goOn(directory, sessions.resumed, [resumedAt(sessions.resumed, 60)]);
  goOn(directory, sessions.resumed, [
    resumedAt(sessions.resumed, 70),
    started(71, 'restart/app-1', 'Restart app-1', 'action'),
    confirmed(72, 'restart/app-1'),
    ...restartOf(73, 'app-1').slice(1),
    closed(90),
  ]);

  write(directory, sessions.spilled, half(sessions.spilled));
  const saved = at(20, {
    type: 'step.result',
    step: 'restart/app-1',
    result: 'unknown',
    ms: 10,
    error: 'no space left',
  });
  spill(directory, sessions.spilled, [saved]);

  const strange = {
    type: 'approval.given',
    step: 'restart',
    by: 'bob',
    at: '2026-11-22T03:15:01.000Z',
    monotonicMs: 1,
  };
  write(directory, sessions.newer, [opened({ session: sessions.newer }), strange, closed(3)]);
  // Large, and nothing that a command reads.
  fs.rmSync(join(directory, 'reserve'));
  return directory;
};

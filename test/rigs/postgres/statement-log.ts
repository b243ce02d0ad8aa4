import type { Settings } from './server.ts';

/** With these settings the log of a server tells every statement of every session; `sessionsIn` reads it. */
export const logsStatements = {
  log_statement: 'all',
  log_disconnections: 'on',
  // The session, its virtual transaction and the name of its application.
  log_line_prefix: '<%c %v %a> ',
} as const satisfies Settings;

export interface LoggedStatement {
  readonly text: string;
  /** The server's own number of the transaction: another one as soon as that has ended. */
  readonly transaction: string;
}

export interface LoggedSession {
  readonly id: string;
  readonly application: string;
  readonly statements: readonly LoggedStatement[];
  readonly ended: boolean;
}

/** The further lines of an entry begin with a tab. */
const entry = /^<(\S+) (\S*) (.*?)> LOG: {2}(.*(?:\n\t.*)*)/gm;
const statement = /^(?:statement|execute [^:]*): ([^]*)/;

export const sessionsIn = (log: string): readonly LoggedSession[] => {
  const sessions = new Map<string, { application: string; statements: LoggedStatement[]; ended: boolean }>();
  for (const [, id = '', transaction = '', application = '', message = ''] of log.matchAll(entry)) {
    const session = sessions.get(id) ?? { application, statements: [], ended: false };
    sessions.set(id, session);
    const text = statement.exec(message)?.[1];
    if (text !== undefined) session.statements.push({ text, transaction });
    if (message.startsWith('disconnection: ')) session.ended = true;
  }
  return [...sessions].map(([id, session]) => ({ id, ...session }));
};

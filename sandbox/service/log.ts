import { createWriteStream } from 'node:fs';

type Level = 'info' | 'warn' | 'error';

export interface Log {
  write(level: Level, message: string, fields?: { user_id?: string; request_id?: string }): void;
  /** Resolves when everything is in the file. */
  close(): Promise<void>;
}

/** A log of JSON lines with the field names that `runbook.config.yaml` gives: ts, level, msg, user_id, request_id. */
export const openLog = (path: string, instance: string, version: string): Log => {
  const file = createWriteStream(path, { flags: 'a' });
  return {
    write: (level, msg, fields) => {
      file.write(`${JSON.stringify({ ts: new Date().toISOString(), level, msg, ...fields, instance, version })}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        file.end(resolve);
      }),
  };
};

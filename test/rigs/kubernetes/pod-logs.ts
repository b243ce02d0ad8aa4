import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Api } from './api.ts';

export interface PodLogs {
  /** What every pod of a namespace has logged: its present containers, and the ones before them (`--previous`). */
  setLogs(
    namespace: string,
    lines: { readonly current?: readonly string[]; readonly previous?: readonly string[] },
  ): void;
}

const ordinary = {
  current: ['listening on :8080'],
  previous: ['connecting to the database', 'fatal: no such database: shop'],
};

/** `keepLogs` lets kwok read the files of a namespace; before that its pods have no logs. */
export const openPodLogs = (api: Api, directory: string): PodLogs & { keepLogs(namespace: string): Promise<void> } => {
  const fileOf = (namespace: string, which: string): string => join(directory, namespace, `${which}.log`);
  const setLogs: PodLogs['setLogs'] = (namespace, lines) => {
    mkdirSync(join(directory, namespace), { recursive: true });
    for (const [which, texts] of Object.entries(lines)) writeFileSync(fileOf(namespace, which), criLog(texts));
  };
  return {
    setLogs,
    keepLogs: async (namespace) => {
      setLogs(namespace, ordinary);
      await api.post('/apis/kwok.x-k8s.io/v1alpha1/clusterlogs', {
        apiVersion: 'kwok.x-k8s.io/v1alpha1',
        kind: 'ClusterLogs',
        metadata: { name: namespace },
        spec: {
          selector: { matchNamespaces: [namespace] },
          logs: [{ logsFile: fileOf(namespace, 'current'), previousLogsFile: fileOf(namespace, 'previous') }],
        },
      });
    },
  };
};

/** The format in which container runtimes write logs: time, stream, F for a full line, text. */
const criLog = (lines: readonly string[]): string => {
  const now = Date.now();
  return lines
    .map((line, index) => {
      const at = new Date(now - (lines.length - index) * 10).toISOString().replace('Z', '000000Z');
      return `${at} stdout F ${line}\n`;
    })
    .join('');
};

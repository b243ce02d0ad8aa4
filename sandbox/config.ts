import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isScalar, parseDocument, visit, YAMLSeq, type Document } from 'yaml';
import { checkout } from './state.ts';

/** The example that this sandbox is made for, and that it copies. */
const example = join(checkout, 'runbook.config.yaml');
const control = './sandbox/control.js';
const sandbox = ['environments', 'sandbox'];

/** The ports that stand in the example, so that it drives the sandbox in the default directory as it is. */
export interface PreferredPorts {
  readonly port: number;
  readonly tlsPort: number;
}

/** Reads the ports of the load balancer from the example. */
export const preferredPorts = (): PreferredPorts => {
  const document = parseDocument(readFileSync(example, 'utf8'));
  const url = document.getIn([...sandbox, 'url']);
  const tlsPort = document.getIn([...sandbox, 'certificates', 0, 'port']);
  return { port: Number(new URL(String(url)).port), tlsPort: Number(tlsPort) };
};

export interface CopySettings extends PreferredPorts {
  /** Absolute. */
  readonly directory: string;
  readonly hasDatabase: boolean;
  readonly hasCache: boolean;
}

/** Writes `<directory>/runbook.config.yaml`: the example with this sandbox's ports and paths. Returns its path. */
export const writeConfig = (settings: CopySettings): string => {
  const { directory, port, tlsPort } = settings;
  const document = parseDocument(readFileSync(example, 'utf8'));
  const before = preferredPorts();
  visit(document, {
    Seq: (_, list) => {
      if (String(list.items[0]) !== control) return;
      const [, ...rest] = list.items;
      list.items = [join(checkout, control), '--directory', directory, ...rest];
    },
    Scalar: (_, scalar) => {
      if (typeof scalar.value !== 'string') return;
      scalar.value = scalar.value
        .replace(/(^|\$\{file:)\.sandbox\//, (_match, start: string) => `${start}${directory}/`)
        .replace(`127.0.0.1:${String(before.port)}`, `127.0.0.1:${String(port)}`);
    },
  });
  document.setIn([...sandbox, 'certificates', 0, 'port'], tlsPort);
  // Another sandbox on this machine is another service.
  document.setIn(['lock', 'scope'], directory);
  if (!settings.hasDatabase) leaveOut(document, ['database'], '/health/db');
  if (!settings.hasCache) leaveOut(document, ['cache', 'queues'], '/health/cache');
  document.commentBefore = ` Written by the sandbox for itself: the runbook.config.yaml of the checkout with this sandbox's ports and paths.`;
  const path = join(directory, 'runbook.config.yaml');
  // Not for the group either, whatever the umask: rb takes a file that others can change for no one's word.
  writeFileSync(path, document.toString({ lineWidth: 0 }), { mode: 0o644 });
  return path;
};

/** What this sandbox does not have must not be in its configuration: its health would be "critical" for ever. */
const leaveOut = (document: Document, sections: readonly string[], endpoint: string): void => {
  for (const section of sections) document.deleteIn([...sandbox, section]);
  const endpoints = document.getIn([...sandbox, 'health', 'endpoints']);
  if (!(endpoints instanceof YAMLSeq)) return;
  endpoints.items = endpoints.items.filter((each) => {
    const path: unknown =
      each instanceof Object && 'get' in each && typeof each.get === 'function' ? each.get('path') : undefined;
    return (isScalar(path) ? path.value : path) !== endpoint;
  });
};

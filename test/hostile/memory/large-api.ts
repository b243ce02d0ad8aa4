import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { goodDeployment } from '../kubernetes-answers.ts';

export interface LargeApi {
  /** The content of a kubeconfig whose context `rig` leads there. */
  readonly kubeconfig: string;
  close(): void;
}

/** An API server whose Deployment is as it should be, and whose lists are of this kind. */
export const startLargeApi = async (kind: keyof typeof lists): Promise<LargeApi> => {
  let page = 0;
  const server = createServer((request, response) => {
    if (request.url?.includes('/deployments/checkout')) json(response, goodDeployment);
    else lists[kind](response, (page += 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    kubeconfig: `apiVersion: v1
kind: Config
contexts: [{ name: rig, context: { cluster: a, user: a } }]
clusters: [{ name: a, cluster: { server: "http://127.0.0.1:${port}" } }]
users: [{ name: a, user: { token: t } }]
`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const json = (response: ServerResponse, value: unknown): void => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
};

/** They pass for every kind of object that is listed: what is refused at once takes no memory. */
const objects = (page: number, count: number, text: string, more: unknown = []) =>
  Array.from({ length: count }, (_, index) => ({
    metadata: {
      ...goodDeployment.metadata,
      name: `a-${page}-${index}`,
      uid: `u-${page}-${index}`,
      ownerReferences: [{ ...goodDeployment.metadata, kind: 'Deployment', controller: true }],
      annotations: { text },
    },
    spec: {
      ...goodDeployment.spec,
      containers: [{ name: 'api', image: 'a:1' }],
      scaleTargetRef: { kind: 'Deployment', name: 'checkout', apiVersion: 'apps/v1' },
      maxReplicas: 3,
      more,
    },
    status: { ...goodDeployment.status, phase: 'Running', conditions: [], containerStatuses: [] },
    involvedObject: { kind: 'Pod', name: `a-${page}-${index}` },
    message: text,
  }));

const pageOf = (page: number, items: readonly unknown[], goesOn = true) => ({
  metadata: { resourceVersion: '1', ...(goesOn && { continue: `${page}` }) },
  items,
});

let packed: Buffer | undefined;
const bomb = (): Buffer => (packed ??= gzipSync(Buffer.alloc(512 * 1024 * 1024, ' '), { level: 1 }));

const lists = {
  'a body without end': (response: ServerResponse): void => {
    response.write('{"items":[');
    const more = (): void => {
      while (!response.destroyed && response.write(`{"a":"${'x'.repeat(1000)}"},`));
    };
    response.on('drain', more);
    more();
  },
  'gzip that grows': (response: ServerResponse): void => {
    response.setHeader('content-encoding', 'gzip');
    response.end(bomb());
  },
  'pages without end': (response: ServerResponse, page: number) => json(response, pageOf(page, [])),
  'huge objects': (response: ServerResponse, page: number) =>
    json(response, pageOf(page, objects(page, 7, 'x'.repeat(500_000)))),
  'large objects': (response: ServerResponse, page: number) =>
    json(response, pageOf(page, objects(page, 250, 'x'.repeat(7000)))),
  'small objects': (response: ServerResponse, page: number) => json(response, pageOf(page, objects(page, 250, 'x'))),
  'many entries': (response: ServerResponse, page: number) =>
    json(
      response,
      pageOf(page, objects(page, 15, 'x', Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [`k${n}`, n])))),
    ),
  'as much as is read': (response: ServerResponse, page: number) =>
    json(response, pageOf(page, objects(page, 7, 'x'.repeat(500_000)), page % 2 === 1)),
  'as many as are read': (response: ServerResponse, page: number) =>
    json(response, pageOf(page, objects(page, 250, 'x'), page % 20 !== 0)),
};

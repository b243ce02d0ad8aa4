import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { unescape } from 'node:querystring';
import { RunbookError } from '../../engine/errors.ts';
import { listing } from '../../words/listing.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { fileText, fingerprintOf } from '../http/pem.ts';
import { proxyFor } from '../http/proxy.ts';
import { fromTokenFile } from '../http/token-file.ts';
import { isLoopback, normalised, shownUrl } from '../http/url.ts';
import { credentialsOf, withoutTls } from './credentials.ts';
import type { CredentialDeps } from './credentials.ts';
import { broken, isFields, pemIn, readKubeconfig, textIn } from './kubeconfig.ts';
import type { Entry, Fields, Kubeconfig } from './kubeconfig.ts';
import type { ClusterIdentity } from './port.ts';

/** An API server, and the place in its cluster that is meant. */
export interface Connection extends Endpoint {
  readonly identity: ClusterIdentity;
  /** Whether long answers may come compressed. */
  readonly compression: boolean;
}

export interface Place {
  /** Of the kubeconfig; `in-cluster` is the service account of the pod that `rb` runs in. Never the current one. */
  readonly context: string;
  /** Where the context has to lead; unset, wherever it leads. */
  readonly server?: string | undefined;
  readonly namespace: string;
}

export interface ConnectionDeps extends CredentialDeps {
  /** Where the service account of a pod lies. Default: where the kubelet puts it. */
  readonly serviceAccountDirectory?: string;
}

/**
 * What the configured context says, without sending anything and without starting a credential plugin.
 * Errors: `usage` for a context that is not there or cannot be followed; `refused` where it leads to another server than the
 * configured one, or where nobody could tell who answers; `unreachable` for a client certificate that has run out.
 */
export const openConnection = async (place: Place, deps: ConnectionDeps): Promise<Connection> => {
  if (place.context === 'in-cluster') {
    const connection = inCluster(place, deps);
    checkServer(place, connection.server);
    return connection;
  }
  const kubeconfig = await readKubeconfig(deps.env);
  const { context, cluster, user } = entriesOf(kubeconfig, place.context);
  const server = serverOf(cluster);
  checkServer(place, server);
  checkIdentifiable(cluster, server);
  const ca = pemIn(cluster, 'certificate-authority', `the certificate authority of cluster ${cluster.name}`);
  const serverName = textIn(cluster, 'tls-server-name');
  const proxyUrl = textIn(cluster, 'proxy-url');
  const configured = proxyUrl === undefined ? undefined : { url: proxyUrl, where: `proxy-url in ${cluster.file}` };
  const proxy = proxyFor(server, configured, deps.env);
  if (proxy?.password) for (const secret of [proxy.password, unescape(proxy.password)]) deps.remember('proxy', secret);
  return {
    identity: {
      context: context.name,
      server: shownUrl(server),
      ca: fingerprintOf(ca),
      namespace: place.namespace,
    },
    server,
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(proxy ? { proxy } : {}),
    compression: cluster.fields['disable-compression'] !== true,
    credentials:
      server.protocol === 'http:'
        ? withoutTls(user, shownUrl(server))
        : await credentialsOf(user, clusterInfo(cluster, ca), context.name, deps),
  };
};

const entriesOf = (
  { contexts, clusters, users, files }: Kubeconfig,
  name: string,
): { readonly context: Entry; readonly cluster: Entry; readonly user: Entry } => {
  const context = contexts.get(name);
  if (!context)
    throw new RunbookError(
      'usage',
      `there is no context ${JSON.stringify(name)} in ${files.join(', ')}; there are: ${listing([...contexts.keys()], 20)}`,
      { next: ['correct `workload.context` in runbook.config.yaml, or set KUBECONFIG', 'kubectl config get-contexts'] },
    );
  const cluster = clusters.get(textIn(context, 'cluster') ?? '');
  if (!cluster)
    throw broken(
      context.file,
      `context ${name} names the cluster ${textIn(context, 'cluster') ?? '""'}, which is not there`,
    );
  const named = textIn(context, 'user');
  const user = named === undefined ? { name: 'anonymous', file: context.file, fields: {} } : users.get(named);
  if (!user) throw broken(context.file, `context ${name} names the user ${named ?? '""'}, which is not there`);
  return { context, cluster, user };
};

const serverOf = (cluster: Entry): URL => {
  const url = normalised(textIn(cluster, 'server') ?? '');
  if (url === undefined) throw broken(cluster.file, `the server of cluster ${cluster.name} is not an http(s) URL`);
  return new URL(url);
};

const checkServer = ({ context, server: wanted }: Place, server: URL): void => {
  if (wanted === undefined || normalised(wanted) === shownUrl(server)) return;
  throw new RunbookError(
    'refused',
    `the context ${context} leads to ${shownUrl(server)}, but the configuration says ${normalised(wanted) ?? wanted}; nothing was asked there`,
    { next: ['kubectl config get-contexts', 'correct `workload.context` or `workload.server` in runbook.config.yaml'] },
  );
};

/** The plan, its hash and the audit log say which cluster something was done to. Where anybody could have answered, they would lie. */
const checkIdentifiable = (cluster: Entry, server: URL): void => {
  const skipped = cluster.fields['insecure-skip-tls-verify'];
  if (skipped !== undefined && skipped !== null && skipped !== false)
    throw new RunbookError(
      'refused',
      `cluster ${cluster.name} of ${cluster.file} has insecure-skip-tls-verify: whoever answers at ${shownUrl(server)} would get the credentials and could play the cluster`,
      {
        next: [
          `kubectl config set-cluster ${cluster.name} --insecure-skip-tls-verify=false --certificate-authority=<file> --embed-certs`,
        ],
      },
    );
  if (server.protocol === 'http:' && !isLoopback(server))
    throw new RunbookError(
      'refused',
      `cluster ${cluster.name} of ${cluster.file} is asked without encryption: ${shownUrl(server)}`,
      {
        next: [`use https:// in ${cluster.file}; http:// is only followed on this machine (kubectl proxy)`],
      },
    );
};

/** What a credential plugin is told about the cluster. */
const clusterInfo = (cluster: Entry, ca: string | undefined): Fields => {
  const extensions = cluster.fields['extensions'];
  const found = Array.isArray(extensions) ? extensions.find(isForPlugins) : undefined;
  return {
    ...Object.fromEntries(
      ['server', 'tls-server-name', 'proxy-url', 'disable-compression'].flatMap((field) =>
        (cluster.fields[field] ?? '') === '' || cluster.fields[field] === false ? [] : [[field, cluster.fields[field]]],
      ),
    ),
    ...(ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    config: found?.['extension'] ?? null,
  };
};

const isForPlugins = (item: unknown): item is Fields =>
  isFields(item) && item['name'] === 'client.authentication.k8s.io/exec';

const defaultDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The cluster that `rb` itself runs in, asked as the service account of its pod.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 * Errors: `usage` outside of a pod.
 */
const inCluster = (place: Place, deps: ConnectionDeps): Connection => {
  const host = deps.env['KUBERNETES_SERVICE_HOST'];
  const port = deps.env['KUBERNETES_SERVICE_PORT'];
  if (!host || !port)
    throw new RunbookError(
      'usage',
      'the context `in-cluster` is for rb in a pod, and this is none: KUBERNETES_SERVICE_HOST is not set',
      {
        next: ['name a context of your kubeconfig in `workload.context`: kubectl config get-contexts'],
      },
    );
  const address = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  if (!URL.canParse(address))
    throw new RunbookError('usage', 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not a host and a port', {
      next: ['echo "$KUBERNETES_SERVICE_HOST" "$KUBERNETES_SERVICE_PORT"'],
    });
  const directory = deps.serviceAccountDirectory ?? defaultDirectory;
  const server = new URL(address);
  const ca = fileText(join(directory, 'ca.crt'), "the certificate authority of the pod's service account");
  return {
    identity: { context: place.context, server: shownUrl(server), ca: fingerprintOf(ca), namespace: place.namespace },
    server,
    ca,
    compression: true,
    credentials: fromTokenFile({
      path: join(directory, 'token'),
      owner: 'the service account of this pod',
      clock: deps.clock,
      withToken: (token) => {
        deps.remember('service account', token);
        return { headers: { authorization: `Bearer ${token}` } };
      },
    }),
  };
};

import { join } from 'node:path';
import { isIPv6 } from 'node:net';
import { RunbookError } from '../../engine/errors.ts';
import { fileText, fingerprintOf } from '../http/pem.ts';
import { fromTokenFile } from '../http/token-file.ts';
import { shownUrl } from '../http/url.ts';
import type { Connection } from './connection.ts';
import type { ConnectionDeps, Place } from './kubeconfig.ts';

const defaultDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * The cluster that `rb` itself runs in, asked as the service account of its pod.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 * Errors: `usage` outside of a pod.
 */
export const inCluster = (place: Place, deps: ConnectionDeps): Connection => {
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

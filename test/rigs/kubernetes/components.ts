import { join } from 'node:path';
import { type Component, filesOf } from './state.ts';

export interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly api: number;
  readonly kubelet: number;
}

const stages = ['kwok', 'node', 'pod-life', 'pod-crash', 'pod-start-fails'] as const;

/** The arguments of each program. What is not named keeps its default: the watch cache, the event's hour of life, the controllers. */
export const argumentsOf = (component: Component, directory: string, ports: Ports): readonly string[] => {
  const files = filesOf(directory);
  const etcd = `http://127.0.0.1:${String(ports.etcd)}`;
  const client = [`--kubeconfig=${files.adminKubeconfig}`];
  const fast = ['--kube-api-qps=500', '--kube-api-burst=1000'];
  switch (component) {
    case 'etcd':
      return [
        `--data-dir=${join(directory, 'etcd')}`,
        `--listen-client-urls=${etcd}`,
        `--advertise-client-urls=${etcd}`,
        `--listen-peer-urls=http://127.0.0.1:${String(ports.etcdPeer)}`,
        `--initial-advertise-peer-urls=http://127.0.0.1:${String(ports.etcdPeer)}`,
        `--initial-cluster=default=http://127.0.0.1:${String(ports.etcdPeer)}`,
        '--unsafe-no-fsync',
        '--log-level=warn',
      ];
    case 'kube-apiserver':
      return [
        `--etcd-servers=${etcd}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${String(ports.api)}`,
        `--tls-cert-file=${files.serverCertificate}`,
        `--tls-private-key-file=${files.serverKey}`,
        `--client-ca-file=${files.ca}`,
        '--authorization-mode=Node,RBAC',
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${files.serviceAccountPublicKey}`,
        `--service-account-signing-key-file=${files.serviceAccountKey}`,
        '--service-cluster-ip-range=10.96.0.0/16',
        // A loopback address is no endpoint, and nothing here goes through the Service "kubernetes".
        '--endpoint-reconciler-type=none',
        '--kubelet-preferred-address-types=InternalIP',
        `--kubelet-client-certificate=${files.adminCertificate}`,
        `--kubelet-client-key=${files.adminKey}`,
        '--enable-aggregator-routing=false',
        '--allow-privileged=true',
        '--profiling=false',
      ];
    case 'kube-controller-manager':
      return [
        ...client,
        ...fast,
        `--service-account-private-key-file=${files.serviceAccountKey}`,
        `--root-ca-file=${files.ca}`,
        '--leader-elect=false',
        '--secure-port=0',
        '--horizontal-pod-autoscaler-sync-period=2s',
      ];
    case 'kube-scheduler':
      return [...client, ...fast, '--leader-elect=false', '--secure-port=0'];
    case 'kwok':
      return [
        ...client,
        ...stages.flatMap((name) => ['--config', join(import.meta.dirname, 'stages', `${name}.yaml`)]),
        '--node-ip=127.0.0.1',
        `--node-port=${String(ports.kubelet)}`,
        `--server-address=127.0.0.1:${String(ports.kubelet)}`,
        `--tls-cert-file=${files.serverCertificate}`,
        `--tls-private-key-file=${files.serverKey}`,
      ];
    default:
      return component satisfies never;
  }
};

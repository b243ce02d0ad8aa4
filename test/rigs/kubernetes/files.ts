import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Identity } from './api.ts';
import { createAuthority } from './certificates.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { filesOf } from './state.ts';

/** Writes the certificates, keys and the administrator's kubeconfig of a new cluster; returns the administrator. */
export const writeFiles = async (directory: string, url: string): Promise<Identity> => {
  const files = filesOf(directory);
  const authority = await createAuthority();
  const server = await authority.issueServer();
  const admin = await authority.issueClient('rig-admin', ['system:masters']);
  const accounts = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const credential = { certificateFile: files.adminCertificate, keyFile: files.adminKey };
  const context = { name: 'rig-admin', url, caFile: files.ca, credential };
  const texts: readonly (readonly [string, string])[] = [
    [files.ca, authority.certificate],
    [files.caKey, authority.key],
    [files.serverCertificate, server.certificate],
    [files.serverKey, server.key],
    [files.adminCertificate, admin.certificate],
    [files.adminKey, admin.key],
    [files.serviceAccountKey, accounts.privateKey],
    [files.serviceAccountPublicKey, accounts.publicKey],
    [files.adminKubeconfig, kubeconfigText([context], context.name)],
  ];
  for (const [path, text] of texts) writeFileSync(path, text, { mode: 0o600 });
  return { url, ca: authority.certificate, ...admin };
};

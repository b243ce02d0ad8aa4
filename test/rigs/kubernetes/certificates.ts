import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** PEM texts. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends KeyPair {
  /** For `localhost` and 127.0.0.1. */
  issueServer(): Promise<KeyPair>;
  /** The name is the user, the groups are what RBAC knows as groups. Negative milliseconds give an expired certificate. */
  issueClient(name: string, groups?: readonly string[], validForMs?: number): Promise<KeyPair>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const hour = 3_600_000;
const issuer = 'CN=rig-ca';

/** A new certificate authority of one cluster. */
export const createAuthority = async (): Promise<Authority> => {
  x509.cryptoProvider.set(webcrypto);
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: issuer,
    serialNumber: serialNumber(),
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - hour),
    notAfter: new Date(Date.now() + 1000 * hour),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return authorityOf(certificate.toString('pem'), keys.privateKey);
};

/** The authority whose certificate and key were written down. */
export const loadAuthority = async ({ certificate, key }: KeyPair): Promise<Authority> => {
  x509.cryptoProvider.set(webcrypto);
  const der = x509.PemConverter.decodeFirst(key);
  return authorityOf(certificate, await webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']));
};

const authorityOf = async (certificate: string, signingKey: webcrypto.CryptoKey): Promise<Authority> => {
  const issue = async (
    subject: x509.JsonName,
    usage: string,
    validForMs: number,
    more: readonly x509.Extension[],
  ): Promise<KeyPair> => {
    const leaf = await newKeys();
    const notAfter = Date.now() + validForMs;
    const issued = await x509.X509CertificateGenerator.create({
      subject: new x509.Name(subject),
      issuer,
      serialNumber: serialNumber(),
      publicKey: leaf.publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      notBefore: new Date(Math.min(Date.now(), notAfter) - hour),
      notAfter: new Date(notAfter),
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        ...more,
      ],
    });
    return { certificate: issued.toString('pem'), key: await privateKeyPem(leaf.privateKey) };
  };
  const names = new x509.SubjectAlternativeNameExtension([
    { type: 'dns', value: 'localhost' },
    { type: 'ip', value: '127.0.0.1' },
  ]);
  return {
    certificate,
    key: await privateKeyPem(signingKey),
    issueServer: () => issue([{ CN: ['localhost'] }], x509.ExtendedKeyUsage.serverAuth, 999 * hour, [names]),
    issueClient: (name, groups = [], validForMs = 999 * hour) =>
      issue(
        [...groups.map((group) => ({ O: [group] })), { CN: [name] }],
        x509.ExtendedKeyUsage.clientAuth,
        validForMs,
        [],
      ),
  };
};

const newKeys = async (): Promise<webcrypto.CryptoKeyPair> =>
  await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);

/** Positive and unique, as RFC 5280 (4.1.2.2) wants it. */
const serialNumber = (): string => {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
};

const privateKeyPem = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

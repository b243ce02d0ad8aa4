import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** PEM texts. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  /** The CA's own certificate, PEM. */
  readonly certificate: string;
  /**
   * A certificate for `localhost` and the loopback addresses, with a new key. `days`: how long it is valid from now; below 0
   * it has expired. With another common name it is one for a client too.
   */
  issue(days: number, commonName?: string): Promise<Issued>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 86_400_000;

/** A certificate authority that lives as long as this process: its key is never written. */
export const createAuthority = async (now: () => number): Promise<Authority> => {
  x509.cryptoProvider.set(webcrypto);
  const keys = await newKeys();
  const name = 'CN=Sandbox CA, O=Sandbox';
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    serialNumber: serialNumber(),
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(now() - day),
    notAfter: new Date(now() + 3650 * day),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const issue = async (days: number, commonName = 'localhost'): Promise<Issued> => {
    const leaf = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${commonName}, O=Sandbox`,
      issuer: name,
      serialNumber: serialNumber(),
      publicKey: leaf.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: algorithm,
      notBefore: new Date(now() - 3_600_000 + Math.min(days, 0) * day),
      notAfter: new Date(now() + days * day),
      extensions: [
        new x509.BasicConstraintsExtension(false),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
        new x509.SubjectAlternativeNameExtension([
          { type: 'dns', value: 'localhost' },
          { type: 'ip', value: '127.0.0.1' },
          { type: 'ip', value: '::1' },
        ]),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return { certificate: certificate.toString('pem'), key: await privateKeyPem(leaf.privateKey) };
  };
  return { certificate: ca.toString('pem'), issue };
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

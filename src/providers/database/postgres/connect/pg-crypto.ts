import { createHash, createHmac, pbkdf2, randomBytes as random } from 'node:crypto';
import type { BinaryLike } from 'node:crypto';

/*
 * What pg asks of cryptography when it logs in, by Node's own functions. The build puts it in the place of pg's
 * `lib/crypto/utils.js`, which goes through the Web Crypto API: loading that and its many turns through the thread pool take longer
 * than all other work on a short query. test/providers/database/pg-crypto.test.ts holds both against each other.
 */

export const randomBytes = (length: number): Buffer => random(length);

export const md5 = async (text: BinaryLike): Promise<string> => createHash('md5').update(text).digest('hex');

/** AuthenticationMD5Password: https://www.postgresql.org/docs/current/protocol-flow.html */
export const postgresMd5PasswordHash = async (user: string, password: string, salt: Buffer): Promise<string> =>
  `md5${await md5(Buffer.concat([Buffer.from(await md5(password + user)), salt]))}`;

export const sha256 = async (data: BinaryLike): Promise<Buffer> => hashByName('sha256', data);

/** `name` as the Web Crypto API has it (SHA-256) or as OpenSSL has it. */
export const hashByName = async (name: string, data: BinaryLike): Promise<Buffer> =>
  createHash(name.replace(/^SHA-/, 'sha')).update(data).digest();

export const hmacSha256 = async (key: BinaryLike, message: BinaryLike): Promise<Buffer> =>
  createHmac('sha256', key).update(message).digest();

/** In the thread pool: how many iterations it takes is the server's choice. */
export const deriveKey = (password: string, salt: Buffer, iterations: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, 32, 'sha256', (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });

import { createRequire } from 'node:module';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkout } from '../../../sandbox/state.ts';
import * as ours from '../../../src/providers/database/postgres/connect/pg-crypto.ts';

const theirs = createRequire(import.meta.url)(
  join(checkout, 'node_modules', 'pg', 'lib', 'crypto', 'utils.js'),
) as typeof ours;

const bytes = (data: unknown): Buffer => Buffer.from(data as ArrayBuffer);
const salt = Buffer.from('c2FsdCBvZiAxNiBieXRl', 'base64');
const secrets = ['secret', 'pässwörd', '🔐', 'a'.repeat(200), ''];

describe('the cryptography of a login is that of pg', () => {
  test('it has the same functions', () => {
    expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs).toSorted());
    expect(ours.randomBytes(18)).toHaveLength(18);
    expect(ours.randomBytes(18)).not.toEqual(ours.randomBytes(18));
  });

  test.for(secrets)('%j', async (secret) => {
    expect(await ours.md5(secret)).toBe(await theirs.md5(secret));
    expect(await ours.postgresMd5PasswordHash('app', secret, salt)).toBe(
      await theirs.postgresMd5PasswordHash('app', secret, salt),
    );
    const key = await ours.deriveKey(secret, salt, 4096);
    expect(key).toEqual(bytes(await theirs.deriveKey(secret, salt, 4096)));
    expect(await ours.hmacSha256(key, 'Client Key')).toEqual(bytes(await theirs.hmacSha256(key, 'Client Key')));
    expect(await ours.sha256(key)).toEqual(bytes(await theirs.sha256(key)));
  });

  test.for(['SHA-256', 'SHA-384', 'SHA-512'])('%s of a certificate', async (name) => {
    expect(await ours.hashByName(name, salt)).toEqual(bytes(await theirs.hashByName(name, salt)));
  });

  test('it is what the build has: pg’s own is in no file of it', () => {
    const chunks = join(checkout, 'dist', 'chunks');
    const postgres = readdirSync(chunks).filter((file) => file.startsWith('postgres-'));
    expect(postgres).toHaveLength(1);
    const code = readFileSync(join(chunks, postgres[0] ?? ''), 'utf8');
    expect(code).toContain('pbkdf2');
    expect(code).not.toContain('deriveBits');
  });
});

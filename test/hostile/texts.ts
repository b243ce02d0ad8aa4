import { type Chance, inTurn } from './chance.ts';
import { hostileStrings } from './strings.ts';

type Document = string;

const documents: readonly [Document, ...Document[]] = [
  '[{"id":"app-1","state":"running","version":"1.2.3","startedAt":"2026-01-01T00:00:00Z"}]',
  '{"id":"app-1","state":"running"}\n{"id":"app-2","state":"stopped"}',
  'app-1\napp-2\n',
  'apiVersion: v1\nkind: Config\ncontexts: [{ name: a, context: { cluster: a, user: a } }]\nclusters: [{ name: a, cluster: { server: "https://a" } }]\nusers: [{ name: a, user: { token: t } }]\n',
  'version: 1\nservice: { name: shop }\nenvironments: { live: { protected: true } }\n',
  'db:5432:shop:me:secret\n*:*:*:*:other\n',
  '[shop]\nhost=db\nuser=me\npassword=secret\n',
  '{"version":1,"plan":{"hash":"0000000000000000","expires":"2026-01-01T00:00:00.000Z","steps":[]}}',
  '{"ts":"2026-01-01T00:00:00Z","level":"error","msg":"broken"}',
];

/** What a program may print, and what a file may hold, in place of what is meant to be there. `n` of them, the same for the same seed. */
export const hostileTexts = (seed: number, n: number) => inTurn(kinds, seed, n);

const repeated = (one: Chance, text: string): string => text.repeat(1 + one.number(20_000));

const kinds: Readonly<Record<string, (one: Chance) => Buffer>> = {
  'random bytes': (one) => one.bytes(1 + one.number(4000)),
  nothing: () => Buffer.alloc(0),
  'white space': (one) => Buffer.from(repeated(one, one.pick([' ', '\n', '\t', '\r\n', '\u00A0']))),
  zeros: (one) => Buffer.alloc(1 + one.number(100_000)),
  'hostile strings, a line each': (one) => Buffer.from(hostileStrings(one.number(1e9), 30, '/nonexistent').join('\n')),
  'a document that is cut': (one) => {
    const text = one.pick(documents);
    return Buffer.from(text.slice(0, one.number(text.length)));
  },
  'a document with other bytes in it': (one) => {
    const bytes = Buffer.from(one.pick(documents));
    for (let times = 1 + one.number(6); times > 0; times--) bytes[one.number(bytes.length)] = one.number(256);
    return bytes;
  },
  'a document in another place of it': (one) => {
    const [text, other] = [one.pick(documents), one.pick(documents)];
    const at = one.number(text.length);
    return Buffer.from(text.slice(0, at) + other + text.slice(at));
  },
  'values of another type': (one) => {
    const value = one.pick([
      'null',
      'true',
      '-1',
      '1e999',
      '[]',
      '{}',
      '""',
      '{"a":null}',
      '"\\u0000"',
      '12345678901234567890',
    ]);
    return Buffer.from(one.pick(documents).replaceAll(/"[^"]*"(?!:)|\b\d+\b/g, value));
  },
  'deep nesting': (one) => Buffer.from(one.pick(['[', '{"a":', '- ', '{a: ']).repeat(1 + one.number(20_000))),
  'names that objects have': (one) =>
    Buffer.from(
      JSON.stringify({ id: '__proto__', name: 'constructor' }).replaceAll(
        /id|name/g,
        one.pick(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']),
      ),
    ),
  'an alias of an alias': () =>
    Buffer.from(
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'.replaceAll(/./g, (name) => `${name}: &${name} [${`*${String.fromCharCode(name.charCodeAt(0) - 1)},`.repeat(8)}]\n`)}`,
    ),
  'a byte order mark': (one) => Buffer.from(`\uFEFF${one.pick(documents)}`),
  'another encoding': (one) => Buffer.from(one.pick(documents), 'utf16le'),
  'a page of HTML': () => Buffer.from('<!doctype html>\n<html><title>Sign in</title><body>not here</body></html>\n'),
  'a long line': (one) => Buffer.from(repeated(one, one.pick(['a', '"', '\\', '{', '=', ':', '# ', "''", '-pass-']))),
};

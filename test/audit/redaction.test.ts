import { assert, boolean, constantFrom, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../src/config/secrets/redaction.ts';

const knowing = (secrets: Readonly<Record<string, string>>) => {
  const redactor = createRedactor();
  for (const [name, value] of Object.entries(secrets)) redactor.add(name, value);
  return redactor;
};
const wrap = (text: string, width: number, lineBreak: string): string =>
  (text.match(new RegExp(`.{1,${String(width)}}`, 'g')) ?? []).join(lineBreak);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('a known secret', () => {
  const value = 'p/w "q"+\\ü\n7';
  const { redact } = knowing({ db: value });
  test.each([
    ['raw', value],
    ['URL-encoded', encodeURIComponent(value)],
    ['URL-encoded in lower case', encodeURIComponent(value).toLowerCase()],
    ['as a form', new URLSearchParams({ v: value }).toString().slice(2)],
    ['as JSON', JSON.stringify(value).slice(1, -1)],
    ['as JSON in JSON', JSON.stringify(JSON.stringify(value)).slice(3, -3)],
    ['as JSON in ASCII', JSON.stringify(value).slice(1, -1).replace('ü', '\\u00fc')],
  ])('%s', (_, written) => {
    expect(redact(`before ${written} after`)).toBe('before ‹secret:db› after');
  });

  test.each([
    ["it's", "it''s"],
    ["'''''''''x", "''''''''''''''''''x"],
    ['say "it"', 'say ""it""'],
    ['a&b<c>d"e', 'a&amp;b&lt;c&gt;d&quot;e'],
    ['a&b<c>d"e', 'a&amp;b&lt;c&gt;d"e'],
    ["it's&so", 'it&#39;s&amp;so'],
    ["it's&so", 'it&#039;s&#38;so'],
    ["it's&so", 'it&#x27;s&#x26;so'],
    ["it's&so", 'it&apos;s&amp;so'],
    ["it's&so", JSON.stringify('it&#39;s&amp;so').slice(1, -1)],
    ['a\\"b/c\\ü', JSON.stringify('a\\"b/c\\ü').slice(1, -1)],
    ['a\\"b/c\\ü', encodeURIComponent('a\\"b/c\\ü')],
  ])('%s, as an error text of a database or a web server has it: %s', (secret, written) => {
    expect(knowing({ db: secret }).redact(`before ${written} after`)).toBe('before ‹secret:db› after');
  });

  test('that is written in many ways is still looked for in no time', () => {
    const quotes = knowing({ db: `${'\\"'.repeat(20)}${"'".repeat(20)}x` });
    const began = performance.now();
    quotes.redact(`${'\\\\"'.repeat(20)}${"'".repeat(60)}y`.repeat(50));
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test('that is a number is found as one', () => {
    const { redactJson } = knowing({ pin: '12345678', short: '7' });
    const value = { pin: 12_345_678, within: [912_345_678, -12_345_678], other: 42, seven: 7, big: 12_345_678n };
    expect(redactJson(value as unknown)).toEqual({
      pin: '‹secret:pin›',
      within: ['9‹secret:pin›', '-‹secret:pin›'],
      other: 42,
      seven: 7,
      big: '‹secret:pin›',
    });
    expect(knowing({ token: 'hunter2-hunter2' }).redactJson({ n: 12_345_678 })).toEqual({ n: 12_345_678 });
  });

  test('in base64, wherever it lies in what was encoded', () => {
    const { redact } = knowing({ token: 'hunter2-hunter2' });
    expect(redact(base64('hunter2-hunter2'))).toBe('‹secret:token›');
    expect(redact(base64('ahunter2-hunter2'))).toMatch(/^.{1,2}‹secret:token›$/);
    expect(redact(base64('abhunter2-hunter2'))).toMatch(/^.{1,3}‹secret:token›$/);
    expect(redact(Buffer.from('user:hunter2-hunter2').toString('base64url'))).toContain('‹secret:token›');
  });

  test('in hex, in small letters or capital ones', () => {
    const { redact } = knowing({ token: 'hunter2-hunter2' });
    const hex = Buffer.from('a:hunter2-hunter2;').toString('hex');
    expect(redact(hex)).toBe('613a‹secret:token›3b');
    expect(redact(hex.toUpperCase())).toBe('613A‹secret:token›3B');
  });

  test('broken into lines by what encoded it, also as JSON writes line breaks', () => {
    const { redact } = knowing({ token: 'hunter2-hunter2' });
    const encoded = base64(`${'x'.repeat(40)}hunter2-hunter2${'y'.repeat(40)}`);
    for (const width of [16, 19, 61, 64, 76])
      for (const lineBreak of ['\n', '\r\n', '\n    ', '\\n']) {
        const lines = wrap(encoded, width, lineBreak);
        expect(redact(`begin\n${lines}\nend`)).toMatch(/^begin\n[^‹]*‹secret:token›[^‹]*\nend$/);
        expect(Buffer.from(redact(lines), 'base64').toString()).not.toContain('hunter2');
      }
    expect(redact('hun\nter2-hun\nter2')).toBe('‹secret:token›');
  });

  test('a short one is not put together from the end of one line and the beginning of the next', () => {
    expect(knowing({ pin: '12345' }).redact('up 123\n45 sessions')).toBe('up 123\n45 sessions');
  });

  test('as the password of a URL, and the password alone', () => {
    const { redact } = knowing({ url: 'postgres://app:k3yhole%21@db/orders' });
    expect(redact('at postgres://app:k3yhole%21@db/orders')).toBe('at ‹secret:url›');
    expect(redact('password k3yhole! is wrong')).toBe('password ‹secret:url› is wrong');
  });

  test('as the password of a URL with several hosts, which only libpq takes for one', () => {
    const { redact } = knowing({ url: 'postgresql://app:k3yhole%21@db-1:5432,db-2:5433/orders' });
    expect(redact('at postgresql://app:k3yhole%21@db-1:5432,db-2:5433/orders')).toBe('at ‹secret:url›');
    expect(redact('password k3yhole! is wrong, and so is k3yhole%21')).toBe(
      'password ‹secret:url› is wrong, and so is ‹secret:url›',
    );
  });

  test('each line of one that has several, and all of one that is long', () => {
    const long = Array.from({ length: 300 }, (_, n) => `k${n}`).join('.');
    const { redact } = knowing({ key: 'first-line-1\nsecond-line-2\n', long });
    expect(redact('x second-line-2 x')).toBe('x ‹secret:key› x');
    expect(redact(`<${long}>`)).toBe('<‹secret:long›>');
    expect(redact(base64(`<${long}>`))).toMatch(/^.{0,4}‹secret:long›.{0,4}$/);
  });

  test('a very short one only as a word, so that a report stays readable', () => {
    const { redact } = knowing({ pin: '7' });
    expect(redact('pin 7, 17 sessions, 7.')).toBe('pin ‹secret:pin›, 17 sessions, ‹secret:pin›.');
  });

  test('two that overlap leave nothing of either', () => {
    expect(knowing({ a: 'abcdef', b: 'defghi' }).redact('abcdefghi')).toBe('‹secret:a›');
  });

  test('deep in a value: strings, keys, buffers and errors', () => {
    const { redactJson } = knowing({ t: 'hunter2' });
    const value = { a: [{ 'x-hunter2': 'is hunter2' }], n: 7, b: Buffer.from('hunter2'), e: new Error('no hunter2') };
    expect(JSON.stringify(redactJson(value))).not.toContain('hunter2');
    expect(redactJson({ a: ['hunter2', 7, null, true] })).toEqual({ a: ['‹secret:t›', 7, null, true] });
  });

  test('many backslashes are no trap', () => {
    const { redact } = knowing({ t: `${'\\'.repeat(30)}x` });
    expect(redact('\\'.repeat(5000))).toBe('\\'.repeat(5000));
  });
});

describe('what looks like a secret', () => {
  const { redact } = createRedactor();
  test.each([
    ['postgres://u:pw@h/db', 'postgres://u:‹secret›@h/db'],
    ['redis://:p@ss@h:6379/0', 'redis://:‹secret›@h:6379/0'],
    ['amqp://u:a/b@h', 'amqp://u:‹secret›@h'],
    ['host=db password=open dbname=x', 'host=db password=‹secret› dbname=x'],
    ['AKIAIOSFODNN7EXAMPLE', '‹secret:aws key›'],
    [`x ghp_${'a1'.repeat(18)}`, 'x ‹secret:github token›'],
    ['xoxb-123456789012-abcdefghij', '‹secret:slack token›'],
    ['https://hooks.slack.com/services/T0/B0/abcdef', 'https://hooks.slack.com/services/‹secret:slack webhook›'],
    ['Authorization: Basic dXNlcjpwdw==', 'Authorization: Basic ‹secret›'],
    ['curl -H "Bearer abc123def456"', 'curl -H "Bearer ‹secret:bearer token›"'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', '‹secret:jwt›'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nok', '‹secret:private key›\nok'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE', '‹secret:private key›'],
  ])('%s', (text, shown) => expect(redact(text)).toBe(shown));

  test.each([
    'http://127.0.0.1:8080/health?to=a@b.example',
    'the bearer certificate expires',
    'restart app-2 (version 1.4.0, up 3 h)',
    'f'.repeat(64),
    '${env:CHECKOUT_DATABASE_URL}',
  ])('not: %s', (text) => expect(redact(text)).toBe(text));

  test('what was redacted once is not redacted again', () => {
    const once = redact('postgres://u:pw@h/db password=x Authorization: Bearer abc123def');
    expect(redact(once)).toBe(once);
  });
});

describe('a stream', () => {
  test('finds a secret that a chunk border cuts, wherever', () => {
    const text =
      'one\nthe token is hunter2-ü now\npostgres://u:pw@h/db\n-----BEGIN PRIVATE KEY-----\nAB\n-----END PRIVATE KEY-----\nend';
    const redactor = knowing({ t: 'hunter2-ü' });
    const bytes = Buffer.from(text);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const stream = redactor.redactStream();
      const shown = stream.write(bytes.subarray(0, cut)) + stream.write(bytes.subarray(cut)) + stream.end();
      expect(shown).toBe(redactor.redact(text));
    }
  });

  test('shows a line as soon as it is complete, and a secret of several lines not before its end', () => {
    const stream = knowing({ t: 'ab\ncd\nef' }).redactStream();
    expect(stream.write('hello\nwor')).toBe('hello\n');
    expect(stream.write('ld\nab\ncd\n')).toBe('world\n');
    expect(stream.write('ef\n')).toBe('‹secret:t›\n');
  });

  test('does not grow without end on a line that never ends', () => {
    const stream = createRedactor().redactStream();
    let shown = 0;
    for (let n = 0; n < 100; n += 1) shown += stream.write('x'.repeat(10_000)).length;
    expect(shown).toBeGreaterThan(900_000);
  });
});

describe('for any secret and any surroundings', () => {
  const secret = string({ unit: 'binary', minLength: 4, maxLength: 150 }).filter(
    (text) => text.isWellFormed() && text.trim().length >= 4 && !'‹secret:name›‹secret›'.includes(text),
  );
  const around = string({ maxLength: 40 });

  test('no encoding of it survives', () => {
    assert(
      property(secret, around, around, (value, before, after) => {
        const { redact } = knowing({ name: value });
        const encodings = [
          [`${before}${value}${after}`, value],
          [`${before}${encodeURIComponent(value)}${after}`, encodeURIComponent(value)],
          [JSON.stringify(`${before}${value}${after}`), JSON.stringify(value).slice(1, -1)],
        ] as const;
        for (const [text, hidden] of encodings) expect(redact(text).includes(hidden)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('what is left of base64 does not decode to it', () => {
    assert(
      property(secret, around, around, boolean(), (value, before, after, urlSafe) => {
        const encoded = Buffer.from(`${before}${value}${after}`).toString(urlSafe ? 'base64url' : 'base64');
        const left = knowing({ name: value }).redact(encoded);
        expect(left).toContain('‹secret:name›');
        for (const piece of left.split(/‹[^›]*›/)) expect(Buffer.from(piece, 'base64').toString()).not.toContain(value);
      }),
      { numRuns: 300 },
    );
  });

  test('broken into lines, in base64 and hex, in chunks of any size', () => {
    const long = secret.filter((text) => Buffer.byteLength(text.trim()) >= 8);
    const encodings = constantFrom<BufferEncoding[]>('base64', 'base64url', 'hex');
    const numbers = [integer({ min: 16, max: 80 }), integer({ min: 1, max: 100 })] as const;
    assert(
      property(long, around, around, encodings, ...numbers, (value, before, after, encoding, width, size) => {
        const encoded = wrap(Buffer.from(`${before}${value}${after}`).toString(encoding), width, '\n');
        const redactor = knowing({ name: value });
        const stream = redactor.redactStream();
        let streamed = '';
        for (let from = 0; from < encoded.length; from += size)
          streamed += stream.write(encoded.slice(from, from + size));
        for (const left of [redactor.redact(encoded), streamed + stream.end()]) {
          expect(left).toContain('‹secret:name›');
          for (const piece of left.replaceAll('\n', '').split(/‹[^›]*›/))
            expect(Buffer.from(piece, encoding).toString()).not.toContain(value);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('in a stream, in chunks of any size', () => {
    assert(
      property(secret, around, around, integer({ min: 1, max: 30 }), (value, before, after, size) => {
        const stream = knowing({ name: value }).redactStream();
        const bytes = Buffer.from(`${before}${value}${after}\n`);
        let shown = '';
        for (let from = 0; from < bytes.length; from += size) shown += stream.write(bytes.subarray(from, from + size));
        expect((shown + stream.end()).includes(value)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

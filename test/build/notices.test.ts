import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { notices } from '../../scripts/notices.ts';

const place = mkdtempSync(join(tmpdir(), 'rb-notices-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const library = (name: string, manifest: Readonly<Record<string, string>>, files: Readonly<Record<string, string>>) => {
  const root = join(place, 'node_modules', name);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name, version: '1.2.3', ...manifest }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text);
  return join(root, 'lib', 'index.js');
};
const chunk = (...moduleIds: readonly string[]) => ({ type: 'chunk', fileName: 'x.js', moduleIds });

test('every package that is in the build is named with its licence, one text for those that share it', () => {
  const one = library('one', { license: 'MIT' }, { LICENSE: 'Do as you like.' });
  const two = library('@scope/two', { license: 'MIT' }, { 'license.md': 'Do as you like.' });
  const three = library('three', { license: 'Apache-2.0' }, { LICENSE: 'Terms.', NOTICE: 'By somebody.' });
  const inner = library('three/node_modules/four', { license: 'ISC' }, {});
  const text = notices([chunk(one, two, '/checkout/src/main.ts'), chunk(three, inner)]);
  expect(text.split('Do as you like.')).toHaveLength(2);
  expect(text).toContain('@scope/two 1.2.3 (MIT)\none 1.2.3 (MIT)\n\nDo as you like.');
  expect(text).toContain('three 1.2.3 (Apache-2.0)\n\nTerms.\n\nBy somebody.');
  expect(text).toContain('four 1.2.3 (ISC)\n\nLicence: ISC');
});

test('one without a licence is not shipped unseen', () => {
  expect(() => notices([chunk(library('unclear', {}, {}))])).toThrow('unclear 1.2.3 names no licence');
});

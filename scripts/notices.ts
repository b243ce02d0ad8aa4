import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { BuiltFile } from './eager.ts';

const Package = z.object({ name: z.string(), version: z.string(), license: z.optional(z.string()) });

/**
 * The licences of everything that the build has taken in: their terms ask that they go with it. Errors: a package that names no licence;
 * somebody has to look at it before it is shipped.
 */
export const notices = (output: readonly BuiltFile[]): string => {
  const directories = new Set(
    output.flatMap(({ moduleIds = [] }) => moduleIds).flatMap((module) => packageOf.exec(module)?.[0] ?? []),
  );
  const all = [...directories].map(noticeOf).toSorted((a, b) => (a.title < b.title ? -1 : 1));
  const texts = new Map<string, string[]>();
  for (const { title, text } of all) texts.set(text, [...(texts.get(text) ?? []), title]);
  return [...texts].map(([text, titles]) => `${titles.join('\n')}\n\n${text}\n`).join(`\n${'-'.repeat(78)}\n\n`);
};

/** The innermost: a package may bring one of its own. */
const packageOf = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

const noticeOf = (directory: string) => {
  const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const { name, version, license } = z.parse(Package, manifest);
  if (!license) throw new Error(`${name} ${version} names no licence`);
  const files = readdirSync(directory).filter((file) => /^(?:licen[cs]e|notice|copying)(?:[.-].*)?$/i.test(file));
  const texts = files.toSorted().map((file) => readFileSync(join(directory, file), 'utf8').trim());
  return { title: `${name} ${version} (${license})`, text: texts.join('\n\n') || `Licence: ${license}` };
};

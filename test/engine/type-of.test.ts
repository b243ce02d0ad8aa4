import * as z from 'zod/mini';
import { describe, expect, it } from 'vitest';
import type { Json, Schema } from '../../src/engine/json.ts';
import { typeOf } from '../../src/engine/procedure/type-of.ts';

describe('a schema, as the type that it describes', () => {
  it.each<[Schema<Json>, string]>([
    [z.string(), 'string'],
    [z.number(), 'number'],
    [z.boolean(), 'boolean'],
    [z.null(), 'null'],
    [z.array(z.string()), 'string[]'],
    [z.array(z.union([z.string(), z.null()])), '(string | null)[]'],
    [z.tuple([z.string(), z.number()]), '[string, number]'],
    [z.tuple([z.string()], z.number()), '[string, ...number[]]'],
    [z.readonly(z.array(z.string())), 'string[]'],
    [z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() })), '({ a: string } & { b: number })'],
    [z.record(z.string(), z.number()), '{ [string]: number }'],
    [z.object({}), '{  }'],
    [z.object({ b: z.optional(z.string()), a: z.nullable(z.number()) }), '{ a: (number | null), b?: string }'],
    [z.object({ a: z.object({ b: z.array(z.object({ c: z.string() })) }) }), '{ a: { b: { c: string }[] } }'],
    [z.enum(['warn', 'ok']), '("warn" | "ok")'],
    [z.literal(['x', 1, null]), '("x" | 1 | null)'],
    [z.union([z.string(), z.object({ a: z.number() })]), '(string | { a: number })'],
  ])('%# is %s', (schema, text) => {
    expect(typeOf(schema)).toBe(text);
  });

  it('does not depend on the order of its keys', () => {
    const one = z.object({ a: z.string(), b: z.number() });
    const other = z.object({ b: z.number(), a: z.string() });
    expect(typeOf(one)).toBe(typeOf(other));
  });

  it('leaves out what only narrows it', () => {
    expect(typeOf(z.string().check(z.minLength(3), z.regex(/^web-/)))).toBe('string');
    expect(typeOf(z.int().check(z.gte(1)))).toBe('number');
  });

  it.each<[string, Schema<Json>, Schema<Json>]>([
    ['a key that may be absent', z.object({ a: z.string() }), z.object({ a: z.optional(z.string()) })],
    ['a key that may be null', z.object({ a: z.string() }), z.object({ a: z.nullable(z.string()) })],
    ['one key more', z.object({ a: z.string() }), z.object({ a: z.string(), b: z.optional(z.string()) })],
    ['one word more', z.enum(['a', 'b']), z.enum(['a', 'b', 'c'])],
    ['a list of it', z.string(), z.array(z.string())],
    ['words that together look the same', z.enum(['a" | "b']), z.enum(['a', 'b'])],
    ['another kind of key', z.record(z.string(), z.string()), z.record(z.enum(['a']), z.string())],
  ])('differs where the data does: %s', (_, one, other) => {
    expect(typeOf(one)).not.toBe(typeOf(other));
  });
});

import type { CustomTypesConfig } from 'pg';
import { parseJson } from '../../../../clients/peer/json.ts';

type Parse = (text: string) => unknown;

/** What is written as no number stays a text, and is no number to those who read it (rows.ts). `Number('')` is 0. */
const toNumber = (text: string): number | string =>
  /^-?\d{1,400}(?:\.\d{1,400})?(?:e[+-]?\d{1,4})?$/i.test(text) ? Number(text) : text;

/** How values come out of the wire's text. Whole numbers of 64 bits become numbers: bytes and counts stay below 2^53. */
const parsers: Readonly<Record<number, Parse>> = {
  16: (text) => (text === 't' ? true : text === 'f' ? false : text), // bool
  20: toNumber, // int8
  21: toNumber, // int2
  23: toNumber, // int4
  26: toNumber, // oid
  700: toNumber, // float4
  701: toNumber, // float8
  1700: toNumber, // numeric
  1007: (text) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(toNumber)), // int4[]
  114: (text): unknown => parseJson(text), // json
};

const asText: Parse = (text) => text;

export const valueTypes: CustomTypesConfig = {
  getTypeParser: ((oid: number) => parsers[oid] ?? asText) as CustomTypesConfig['getTypeParser'],
};

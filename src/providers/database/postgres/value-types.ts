import type { CustomTypesConfig } from 'pg';

type Parse = (text: string) => unknown;

/** How values come out of the wire's text. Whole numbers of 64 bits become numbers: bytes and counts stay below 2^53. */
const parsers: Readonly<Record<number, Parse>> = {
  16: (text) => text === 't', // bool
  20: Number, // int8
  21: Number, // int2
  23: Number, // int4
  26: Number, // oid
  700: Number, // float4
  701: Number, // float8
  1700: Number, // numeric
  1007: (text) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number)), // int4[]
  114: (text) => JSON.parse(text) as unknown, // json
};

const asText: Parse = (text) => text;

export const valueTypes: CustomTypesConfig = {
  getTypeParser: ((oid: number) => parsers[oid] ?? asText) as CustomTypesConfig['getTypeParser'],
};

interface Result<Row> {
  readonly rows: readonly Row[];
}

/** Of several statements the last one counts: pg answers them with a list, which its types leave out. */
export const lastRows = <Row>(result: Result<Row> | Result<Row>[]): readonly Row[] =>
  Array.isArray(result) ? (result.at(-1)?.rows ?? []) : result.rows;

/** A row without the columns that are only for us. */
export const without = <Row extends object, Column extends keyof Row>(
  row: Row,
  ...columns: readonly Column[]
): Omit<Row, Column> => {
  const rest: Omit<Row, Column> & Partial<Pick<Row, Column>> = { ...row };
  for (const column of columns) delete rest[column];
  return rest;
};

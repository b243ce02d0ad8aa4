import { limits } from '../../../../clients/peer/limits.ts';
import { fields, type Shape, type Shapes, text } from '../../../../clients/peer/shape.ts';
import { UnusableAnswer } from '../../../../clients/peer/unusable.ts';

/** What is in each column: the server is held to it, row by row. */
export type Columns<Row> = Shapes<Row>;

/** A text that is shown: a name, a statement of which the server sends 4000 characters. */
export const name: Shape<string> = {
  misfit: (value, at) =>
    text.misfit(value, at) ??
    (typeof value === 'string' && value.length > limits.text
      ? `${at} is a text of more than ${limits.text} characters`
      : undefined),
};

/** The same rows. Errors: `UnusableAnswer` that names the column which is not what it should be. */
export const checked = <Row extends object>(rows: readonly Row[], columns: Columns<Row>): readonly Row[] => {
  const shape = fields(columns);
  for (const row of rows) {
    const misfit = shape.misfit(row, '');
    if (misfit !== undefined) throw new UnusableAnswer(`answers with a row that cannot be read: ${misfit}`);
  }
  return rows;
};

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

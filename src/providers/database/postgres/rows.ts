/** A row without the columns that are only for us. */
export const without = <Row extends object, Column extends keyof Row>(
  row: Row,
  ...columns: readonly Column[]
): Omit<Row, Column> =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !columns.includes(name as Column))) as Omit<Row, Column>;

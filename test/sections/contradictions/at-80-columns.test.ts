import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { symbolsFor } from '../../../src/terminal/symbols.ts';
import { renderTable } from '../../../src/terminal/table.ts';
import { plain } from '../../../src/terminal/text.ts';
import type { Table } from '../../../src/engine/finding.ts';
import { random } from '../../engine/random.ts';
import { looks } from './looks.ts';

const linesAt = (width: number, table: Table): readonly string[] =>
  renderTable(table, { width, symbols: symbolsFor({}), indent: 4, redactor: { redact: (text) => text } }).map(plain);

/** The statements of the generated sessions are shorter: this is what is long. */
const statement = 'SELECT o.id, o.customer, sum(i.price) FROM orders o JOIN items i ON i.order_id = o.id GROUP BY 1, 2';

const withStatements = (table: Table): Table => {
  const column = table.columns.findIndex(({ title }) => title === 'query');
  const rows = table.rows.map((row) =>
    row.map((cell, index) => (index === column && cell !== null && typeof cell !== 'object' ? statement : cell)),
  );
  return { ...table, rows };
};

const evidenceOf = (name: 'db running' | 'db blocking' | 'db slow', read: (table: Table) => void) =>
  fc.assert(
    fc.asyncProperty(looks[name], async ({ look }) => {
      const { evidence } = (await look()).finding;
      if (evidence && evidence.rows.length > 0) read(withStatements(evidence));
    }),
    random(200),
  );

describe('at 80 columns', () => {
  test.for(['db running', 'db blocking', 'db slow'] as const)(
    'rb %s shows the process, who blocks it and at least 30 characters of the statement',
    async (name) => {
      await evidenceOf(name, (table) => {
        const [, ...lines] = linesAt(80, table);
        for (const [index, line] of lines.entries()) {
          expect(line.length).toBeLessThanOrEqual(80);
          const row = table.rows[index] ?? [];
          if (row.includes(statement)) expect(line).toContain(statement.slice(0, 30));
          for (const title of ['pid', 'who', 'blocker']) {
            const cell = row[table.columns.findIndex((column) => column.title === title)] ?? null;
            if (cell !== null && typeof cell !== 'object') expect(line).toContain(String(cell));
          }
        }
      });
    },
  );

  test('application, user, database and what it waits for go first, in this order', async () => {
    const order = ['application', 'user', 'database', 'waits for'];
    await evidenceOf('db running', (table) => {
      let left = order.length;
      for (let width = 250; width >= 76; width -= 6) {
        const [head = ''] = linesAt(width, table);
        const there = order.filter((title) => head.includes(title));
        expect(order.slice(order.length - there.length)).toEqual(there);
        expect(there.length).toBeLessThanOrEqual(left);
        left = there.length;
      }
    });
  });
});

import { Client, escapeIdentifier, escapeLiteral } from 'pg';
import { productCount } from './products.ts';

const database = 'checkout';

/** Creates the service's database with a few tables and rows, and two roles. Returns their URLs. `connection` is the superuser's. */
export const seedDatabase = async (
  connection: { host: string; port: number; user: string; password: string },
  newPassword: () => string,
): Promise<{ operatorUrl: string; serviceUrl: string }> => {
  const passwords = { checkout: newPassword(), operator: newPassword() };
  await asSuperuser({ ...connection, database: 'postgres' }, [
    `CREATE ROLE checkout LOGIN PASSWORD ${escapeLiteral(passwords.checkout)}`,
    `CREATE ROLE operator LOGIN PASSWORD ${escapeLiteral(passwords.operator)} IN ROLE pg_monitor, pg_signal_backend, checkout`,
    `CREATE DATABASE ${escapeIdentifier(database)} OWNER checkout`,
  ]);
  await asSuperuser({ ...connection, database }, [statistics, 'SET ROLE checkout', tables, rows]);
  const url = (role: keyof typeof passwords): string =>
    `postgres://${role}:${passwords[role]}@${connection.host}:${String(connection.port)}/${database}`;
  return { operatorUrl: url('operator'), serviceUrl: url('checkout') };
};

const asSuperuser = async (
  connection: { host: string; port: number; user: string; password: string; database: string },
  statements: readonly string[],
): Promise<void> => {
  const client = new Client({ ...connection, application_name: 'sandbox/seed' });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
};

/** The extension needs its library to be preloaded, which not every build of PostgreSQL brings. */
const statistics = `
  DO $$ BEGIN
    IF current_setting('shared_preload_libraries') LIKE '%pg_stat_statements%' THEN
      CREATE EXTENSION pg_stat_statements;
    END IF;
  END $$`;

const tables = `
  CREATE TABLE products (
    id integer PRIMARY KEY,
    name text NOT NULL,
    price_cents integer NOT NULL CHECK (price_cents > 0)
  );
  CREATE TABLE customers (
    id integer PRIMARY KEY,
    name text NOT NULL,
    since date NOT NULL
  );
  CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers,
    product_id integer NOT NULL REFERENCES products,
    quantity integer NOT NULL,
    placed_at timestamptz NOT NULL
  )`;

const rows = `
  INSERT INTO products SELECT n, 'Product ' || n, 100 + n * 37 FROM generate_series(1, ${String(productCount)}) n;
  INSERT INTO customers SELECT n, 'Customer ' || n, date '2024-01-01' + n FROM generate_series(1, 200) n;
  INSERT INTO orders (customer_id, product_id, quantity, placed_at)
    SELECT 1 + n % 200, 1 + n % ${String(productCount)}, 1 + n % 4, now() - n * interval '7 minutes' FROM generate_series(1, 5000) n`;

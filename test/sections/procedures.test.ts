import { expect, test } from 'vitest';
import { procedures } from '../../src/sections/procedures.ts';

test('each procedure that can be resumed is found by its id', async () => {
  for (const [id, load] of Object.entries(procedures)) {
    const procedure = await load();
    expect([procedure.id, procedure.does]).toEqual([id, 'changes']);
    expect(procedure.purpose).toMatch(/\.$/);
  }
});

test('an id that is not one finds nothing', () => {
  for (const id of ['constructor', 'toString', '__proto__', 'restart.status']) expect(procedures[id]).toBeUndefined();
});

// Shows a rolling restart on a real terminal for view.test.ts, one event at a time:
//   view-program.ts <plain word> <file for the answer>
// Before each table and at the end it waits for SIGUSR1.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createTerminal } from '../../src/terminal/sink.ts';
import { createView } from '../../src/terminal/session/view.ts';
import { rollingRestart } from './session.ts';
import { hunter2 } from './streams.ts';

const alive = setInterval(() => undefined, 60_000);
const { stdin, stdout, stderr, env } = process;
const terminal = await createTerminal({ stdin, stdout, stderr, env: { ...env, CI: '' }, redactor: hunter2 });
const view = createView(terminal);
for (const event of rollingRestart('prompt')) {
  const tables = event.type === 'step.progress';
  const next = tables ? once(process, 'SIGUSR1') : undefined;
  view.on(event);
  // oxlint-disable-next-line no-await-in-loop -- the test looks at the screen in between
  await next;
}
view.close();
writeFileSync(process.argv[3] ?? '', 'true');
clearInterval(alive);

// A program that starts a sandbox and is then killed; see crash.test.ts.
import { startSandbox } from '../../sandbox/index.ts';

await startSandbox({ directory: process.argv[2] ?? '', quiet: true, database: false, cache: false });
process.send?.('started');
setInterval(() => undefined, 1000);

import { main } from './cli/start/main.ts';

// The only place that ends the process: what is open is closed by then, and a hanging handle must not keep the shell waiting.
// oxlint-disable-next-line unicorn/no-process-exit
void main(process.argv.slice(2)).then((code) => process.exit(code));

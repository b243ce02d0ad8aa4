import { main } from '../../src/cli/start/main.ts';
import { systemClock } from '../../src/cli/system.ts';
import type { Clock } from '../../src/engine/clock.ts';
import { clockFactor } from './clock-factor.ts';

/** `rb` with a clock that runs faster: what it waits for between two looks is over sooner. All else is as it is. */
const clock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * clockFactor,
  sleep: (ms, signal) => systemClock.sleep(ms / clockFactor, signal),
};

// oxlint-disable-next-line unicorn/no-process-exit -- as src/main.ts does
void main(process.argv.slice(2), clock).then((code) => process.exit(code));

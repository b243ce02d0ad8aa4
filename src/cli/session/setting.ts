import type { Clock } from '../../engine/clock.ts';
import type { LoadedConfig } from '../../config/file/load.ts';
import type { Settings } from '../../sections/settings.ts';
import type { Terminal } from '../../terminal/sink.ts';
import type { Globals } from '../globals.ts';
import type { Faults } from '../start/faults.ts';

/** What a session needs, whether it is new or resumed. */
export interface SessionSetting {
  readonly globals: Globals;
  readonly terminal: Terminal;
  readonly loaded: LoadedConfig;
  readonly settings: Settings;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly clock: Clock;
  readonly auditDirectory: string;
  readonly version: string;
  readonly faults: Faults;
}

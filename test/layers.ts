/**
 * Which layer a test belongs to. This is the only place that decides it.
 *
 * - `unit`: rules and parsing, without a rig, a sandbox or a built program. In under a minute.
 * - `all`: what a change can break, `unit` with it. The ordinary layer.
 * - `long`: matrices, which are files that end in `.long.test.ts`, and files that repeat what `all` has with larger numbers.
 */
interface Files {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

const matrices = 'test/**/*.long.test.ts';

export const layers = {
  unit: {
    include: [
      'test/{architecture,audit,config,engine,files,sections,words}/**/*.test.ts',
      'test/terminal/{card,drain,machine,sanitise,sink,table}.test.ts',
      'test/clients/{http,process}/**/*.test.ts',
      'test/providers/{http,lock,logs}/**/*.test.ts',
      'test/providers/database/parameters.test.ts',
      'test/providers/workload/{health,instances}.test.ts',
      'test/providers/workload/ecs/task-definition-difference.test.ts',
      'test/providers/workload/kubernetes/{availability,rollout,trouble}.test.ts',
    ],
    // Seconds of computing for each expression and each function.
    exclude: [matrices, 'test/files/linear.test.ts'],
  },
  all: { include: ['test/**/*.test.ts'], exclude: [matrices] },
  long: {
    include: [
      matrices,
      'test/**/*.property.test.ts',
      'test/hostile/**/*.test.ts',
      'test/files/linear.test.ts',
      'test/faults/kill.test.ts',
      'test/e2e/two-operators.test.ts',
      'test/e2e/trust-hostile.test.ts',
      'test/e2e/db/kill-idle-plan.test.ts',
      'test/providers/workload/kubernetes/plan-holds.test.ts',
      // On every version of PostgreSQL.
      'test/providers/database/*.test.ts',
    ],
    exclude: [],
  },
} as const satisfies Record<string, Files>;

export type Layer = keyof typeof layers;

export const isLayer = (word: string | undefined): word is Layer => word !== undefined && Object.hasOwn(layers, word);

/** `RB_LAYER`, which test/run.ts sets. Vitest alone runs the ordinary layer. */
export const layer: Layer = isLayer(process.env['RB_LAYER']) ? process.env['RB_LAYER'] : 'all';

/** How many times: fewer where every change waits for it. */
export const times = ({ usually, long }: { readonly usually: number; readonly long: number }): number =>
  layer === 'long' ? long : usually;

import type { CodeSplittingGroup } from 'rolldown';

/**
 * What `import()` leads to on the way of most commands, in the order of loading. Each chunk brings all that its modules import and
 * no chunk above it has: opening eighty small files takes longer than reading ten (docs/decisions/start-up.md). Everything else is
 * split by the bundler itself.
 */
const startUp: Readonly<Record<string, readonly string[]>> = {
  'command-line': ['src/cli/command-line.ts'],
  configuration: [
    'src/config/file/find.ts',
    'src/config/file/remembered.ts',
    'src/config/environment.ts',
    'src/config/references/references.ts',
    'src/config/show.ts',
    'src/config/check/not-yet.ts',
    'src/providers/catalogue.ts',
    'src/cli/trust/referenced-variables.ts',
    'src/cli/trust/trust.ts',
  ],
  zod: ['node_modules/zod/'],
  // Several adapters need these, and none of them may come with another.
  shared: [
    'src/words/',
    'src/clients/peer/',
    'src/config/schema/',
    'src/providers/workload/capability.ts',
    'src/providers/database/capability.ts',
    'src/providers/workload/command/config.ts',
  ],
  table: ['src/terminal/table.ts'],
  session: [
    'src/cli/session/run-session.ts',
    'src/cli/session/input.ts',
    'src/cli/session/adapters.ts',
    'src/terminal/session/view.ts',
    'src/sections/ports.ts',
    'src/providers/workload/shared/',
    'src/providers/lock/host.ts',
  ],
  restart: ['src/sections/restart/section.ts', 'src/sections/restart/command.ts', 'src/sections/restart/rolling.ts'],
  kubernetes: [
    'src/clients/kubernetes/connection.ts',
    'src/clients/kubernetes/client.ts',
    'src/providers/workload/kubernetes.ts',
    'node_modules/js-yaml/',
  ],
  postgres: ['src/providers/database/postgres.ts'],
};

export const chunks: readonly CodeSplittingGroup[] = Object.entries(startUp).map(([name, roots], index, all) => ({
  name,
  test: (id) => roots.some((root) => (root.endsWith('/') ? id.includes(`/${root}`) : id.endsWith(`/${root}`))),
  priority: all.length - index,
}));

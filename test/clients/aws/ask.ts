import { openEcsWorkload } from '../../../src/providers/workload/ecs.ts';
import { RunbookError } from '../../../src/engine/errors.ts';

/**
 * `node ask.ts <cluster> <service> [profile]`: one look at an ECS service, in a process with an environment of its own. Prints what came of it,
 * and the secrets that were remembered.
 */
const [cluster = '', service = '', profile] = process.argv.slice(2);
const secrets = new Set<string>();
const workload = openEcsWorkload(
  { region: 'eu-central-1', profile, cluster, service, drainMs: 0, readyTimeoutMs: 0 },
  {
    clock: { monotonic: () => performance.now() },
    environment: process.env,
    remember: (_, secret) => void secrets.add(secret),
  },
);
const said = await workload.status({ signal: new AbortController().signal }, 'brief').catch((error: unknown) => {
  if (!(error instanceof RunbookError)) throw error;
  return { kind: error.kind, message: error.message, next: error.next };
});
process.stdout.write(JSON.stringify({ said, secrets: [...secrets] }));

/** A process that starts a cluster and tells its state, so that a test can kill it. */
import { startCluster } from './cluster.ts';

const cluster = await startCluster({ nodes: 1 });
process.send?.(cluster.state);

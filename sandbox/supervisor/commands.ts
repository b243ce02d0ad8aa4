import { failures, isFailure } from '../service/messages.ts';
import { productCount } from '../stack/products.ts';
import { mostInstances, type Fleet } from './fleet.ts';

/** What the commands can reach besides the instances. */
export interface CommandDeps {
  readonly fleet: Fleet;
  setMaintenance(on: boolean): void;
  /** Issues a new certificate; the load balancer goes on with the old one until `reloadCertificate`. Returns the path. */
  renewCertificate(days: number): Promise<string>;
  reloadCertificate(): void;
  /** The status of one request through the load balancer; undefined where it does not answer. */
  request(path: string): Promise<number | undefined>;
  /** Begins to end the sandbox. */
  shutDown(): void;
}

/** Gets the arguments after its name; resolves to the text for standard output. Throws with a message for people. */
export type Command = (args: readonly string[]) => Promise<string>;

/** The commands of `control.js` that the supervisor answers. */
export const createCommands = (deps: CommandDeps): Record<string, Command> => {
  const { fleet } = deps;
  return {
    instances: async () => JSON.stringify(fleet.instances(), null, 2),
    status: async () => oneLine(fleet),
    modes: async () => JSON.stringify(fleet.modes()),
    stop: async () => {
      await fleet.stop();
      return oneLine(fleet);
    },
    start: async () => {
      await fleet.start();
      return oneLine(fleet);
    },
    restart: async ([id]) => {
      const wanted = required(id, 'restart <instance>');
      await fleet.restart(wanted);
      return `${wanted} was stopped and started again`;
    },
    scale: async ([count]) => {
      const wanted = Number(required(count, 'scale <count>'));
      if (!Number.isSafeInteger(wanted) || wanted < 1 || wanted > mostInstances) {
        throw new Error(`the count must be a whole number from 1 to ${String(mostInstances)}; "stop" stops them all`);
      }
      await fleet.scale(wanted);
      return oneLine(fleet);
    },
    deploy: async ([version]) => {
      fleet.deploy(required(version, 'deploy <version>'));
      return `instances get version ${fleet.version()} at their next restart`;
    },
    rollback: async () => `every instance runs version ${await fleet.rollback()} or gets it when it is started`,
    fail: async ([id, failure, ...rest]) => {
      const wanted = required(id, 'fail <instance> <failure> [--now]');
      if (!isFailure(failure)) throw new Error(`the failure must be one of ${failures.join(', ')}`);
      const now = rest.includes('--now');
      if (now && failure === 'crash') throw new Error('"crash" works from the next restart on, not at once');
      fleet.fail(wanted, failure, now ? 'now' : 'next');
      return `${wanted} is ${failure} ${now ? 'now' : 'after its next restart'}`;
    },
    heal: async ([id]) => {
      const wanted = required(id, 'heal <instance>');
      fleet.heal(wanted);
      const stopped = fleet.instances().some((each) => each.id === wanted && each.state === 'stopped');
      return stopped ? `${wanted} is stopped; it will be well when it is restarted` : `${wanted} is well again`;
    },
    maintenance: async ([state]) => {
      if (state !== 'on' && state !== 'off') throw new Error('write: maintenance on|off');
      deps.setMaintenance(state === 'on');
      return `maintenance mode is ${state}`;
    },
    warm: async () => {
      const statuses = await Promise.all(
        Array.from({ length: productCount }, (_, n) => deps.request(`/?product=${String(n + 1)}`)),
      );
      return `${String(statuses.filter((status) => status === 200).length)} of ${String(productCount)} products are in the cache`;
    },
    smoke: async () => {
      for (const path of ['/', '/?product=1', '/health']) {
        const status = await deps.request(path);
        if (status !== 200) throw new Error(`GET ${path} was answered with ${String(status ?? 'nothing')}`);
      }
      return 'the service answers';
    },
    renew: async ([days]) => {
      const lifetime = Number(days ?? 90);
      if (!Number.isFinite(lifetime)) throw new Error('write: renew [days]');
      return `new certificate in ${await deps.renewCertificate(lifetime)}; "reload" makes the load balancer serve it`;
    },
    reload: async () => {
      deps.reloadCertificate();
      return 'the load balancer serves the newest certificate';
    },
    shutdown: async () => {
      deps.shutDown();
      return 'ending';
    },
  };
};

const required = (argument: string | undefined, usage: string): string => {
  if (argument === undefined || argument === '') throw new Error(`write: ${usage}`);
  return argument;
};

const oneLine = (fleet: Fleet): string => {
  const instances = fleet.instances();
  const running = instances.filter(({ state }) => state === 'running').length;
  const versions = [...new Set(instances.map(({ version }) => version))].toSorted();
  return `checkout: ${String(running)} of ${String(instances.length)} instances running, version ${versions.join(' and ')}`;
};

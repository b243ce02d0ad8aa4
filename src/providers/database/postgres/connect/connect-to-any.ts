import { RunbookError } from '../../../../engine/errors.ts';
import { flag } from '../../../../clients/peer/shape.ts';
import { UnusableAnswer } from '../../../../clients/peer/unusable.ts';
import type { Call } from '../../port.ts';
import { applicationName } from './application-name.ts';
import { connectFailure } from './connect-failure.ts';
import { addressOf, connectTo } from './connect.ts';
import type { Connected } from './connect.ts';
import { codeOf, isFromServer } from '../query/failure.ts';
import type { ConnectionParameters, Host, SessionAttributes } from '../parameters/parameters.ts';
import { checked, lastRows } from '../query/rows.ts';

type Role = 'primary' | 'replica';

/** What is looked for, round after round over all hosts; undefined is whatever answers. */
const roundsFor: Readonly<Record<SessionAttributes, readonly (Role | undefined)[]>> = {
  any: [undefined],
  primary: ['primary'],
  'read-write': ['primary'],
  standby: ['replica'],
  'read-only': ['replica'],
  'prefer-standby': ['replica', undefined],
};

/**
 * The first host that lets us in and is what `target_session_attrs` asks for. As libpq does: a host that cannot be reached or
 * takes no connections yet leads to the next one, a server that does not let us in does not. Errors: as those of `connectTo`;
 * where there are several hosts, one line that names each that was tried.
 */
export const connectToAny = async (parameters: ConnectionParameters, call: Call): Promise<Connected> => {
  const name = applicationName(call.mark);
  const failures = new Map<Host, RunbookError>();
  for (const wanted of roundsFor[parameters.target])
    for (const host of parameters.hosts) {
      const found = await attempt(connectTo(parameters, host, name, call.signal), call.signal);
      if (found instanceof RunbookError) {
        failures.set(host, found);
        if (isFinal(found)) throw allOf(failures);
        continue;
      }
      if (wanted === undefined) return found;
      const role = await attempt(roleOf(found, parameters, call.signal), call.signal);
      if (role === wanted) return found;
      found.destroy();
      failures.set(host, role instanceof RunbookError ? role : isNot(wanted, host, parameters));
    }
  throw allOf(failures);
};

/** The result, or why there is none. Errors: `usage`, a fault of ours, and the reason of `signal` when it aborts. */
const attempt = <Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result | RunbookError> =>
  result.catch((error: unknown) => {
    if (signal.aborted || !(error instanceof RunbookError) || error.kind === 'usage') throw error;
    return error;
  });

/** The server itself said no, and not only for now (57P03: it is starting or shutting down). */
const isFinal = ({ cause }: RunbookError): boolean =>
  cause !== undefined && isFromServer(cause) && codeOf(cause) !== '57P03';

/** At a level that a replica knows, whatever the role has as its default. */
const isReplica = `SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SELECT pg_catalog.pg_is_in_recovery() AS replica`;

/** Errors: `unreachable` where it does not answer within the time that a connection may take. */
const roleOf = async (connected: Connected, parameters: ConnectionParameters, signal: AbortSignal): Promise<Role> => {
  const { client, host } = connected;
  const destroy = () => connected.destroy();
  let late = false;
  const giveUp = () => {
    late = true;
    destroy();
  };
  const timer = setTimeout(giveUp, parameters.connectTimeoutMs);
  signal.addEventListener('abort', destroy, { once: true });
  try {
    signal.throwIfAborted();
    const [row] = lastRows<{ readonly replica: boolean }>(await client.query(isReplica));
    const [server] = checked(row === undefined ? [] : [row], { replica: flag });
    if (server === undefined) throw new UnusableAnswer('answers without saying whether it is a replica');
    return server.replica ? 'replica' : 'primary';
  } catch (error) {
    destroy();
    if (signal.aborted) throw signal.reason;
    const { database, user } = parameters;
    // In the words of pg, for the same reason.
    const why = late ? new Error('timeout expired', { cause: error }) : error;
    throw connectFailure(
      [{ error: why, encrypted: connected.attempt !== false }],
      { address: addressOf(host), database, user },
      parameters,
    );
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', destroy);
  }
};

const isNot = (wanted: Role, host: Host, { target }: ConnectionParameters): RunbookError =>
  new RunbookError('unreachable', `${addressOf(host)} is no ${wanted}, and target_session_attrs=${target} wants one.`);

/** Each names its host. */
const allOf = (failures: ReadonlyMap<Host, RunbookError>): RunbookError => {
  const all = [...failures.values()];
  const [first] = all;
  if (first !== undefined && all.length === 1) return first;
  const whys = all.map(({ message }) => message.replace(/\.$/, ''));
  return new RunbookError('unreachable', `${whys.join('; ')}.`, {
    next: [...new Set(all.flatMap(({ next }) => next ?? []))],
    cause: first,
  });
};

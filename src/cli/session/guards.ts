import { keyPath } from '../../config/file/key-path.ts';
import { unkeptPromises } from '../../config/check/not-yet.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Guard } from '../../engine/session/guard.ts';
import type { AnyProcedure } from '../../engine/procedure/tree.ts';
import type { SessionSetting } from './setting.ts';
import { systemActor } from '../system.ts';

/** What may forbid a change of a session, a new one or a resumed one. A look and a dry run change nothing. */
export const guardsFor = async (
  { globals, settings, env, clock }: SessionSetting,
  { procedure, session }: { readonly procedure: AnyProcedure; readonly session: string },
): Promise<readonly Guard[]> => {
  if (procedure.does === 'reads' || globals.dryRun) return [];
  const unkept = unkeptPromises(settings.config);
  if (unkept.length > 0) return [unsafe(unkept)];
  const { hostLock } = await import('../../providers/lock/host.ts');
  const { service, lock } = settings.config;
  const holder = {
    session,
    login: systemActor(env).login,
    since: clock.now().toISOString(),
    procedure: procedure.id,
    pid: process.pid,
  };
  return [hostLock({ service: service.name, environment: settings.name, scope: lock.scope, holder })];
};

/** A configuration that asks for more safety than there is: nothing is changed under it. */
const unsafe = (unkept: ReturnType<typeof unkeptPromises>): Guard => {
  const refuse = async (): Promise<never> => {
    const said = unkept.map(({ path, message }) => `${keyPath(path)}: ${message}`);
    throw new RunbookError('refused', `${said.join('. ')}.`, { next: ['rb config check'] });
  };
  return { beforeQuestion: refuse, beforeIntent: refuse, release: async () => undefined };
};

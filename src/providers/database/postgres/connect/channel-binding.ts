import type { Connection } from 'pg';
import { RunbookError } from '../../../../engine/errors.ts';
import type { Doing } from '../query/failure.ts';

const mechanism = 'SCRAM-SHA-256-PLUS';

/**
 * `channel_binding=require`, as libpq has it: ends the connection before a password is sent, or the server's word is taken, where the
 * server logs us in in any other way. To be called before it connects. Returns what to call when it is connected, which throws why it may
 * not be used: pg may have read that it is logged in together with what is refused.
 */
export const requireChannelBinding = (connection: Connection, { address, user }: Doing): (() => void) => {
  let proven = false;
  let refused: RunbookError | undefined;
  const refuse = (how: string): void => {
    refused = new RunbookError('unreachable', `${address} ${how}, and channel_binding=require wants ${mechanism}.`, {
      next: [`give "${user}" a password by scram-sha-256, and connect with TLS; or leave channel_binding out`],
    });
    connection.stream.destroy(refused);
  };
  connection.prependListener('authenticationSASL', ({ mechanisms }: { readonly mechanisms: readonly string[] }) => {
    if (!mechanisms.includes(mechanism)) refuse('offers no channel binding');
  });
  // pg holds its proof against ours, and ends the connection where it does not fit.
  connection.prependListener('authenticationSASLFinal', () => void (proven = true));
  connection.prependListener('authenticationCleartextPassword', () => refuse('wants the password as it is'));
  connection.prependListener('authenticationMD5Password', () => refuse('wants an MD5 of the password'));
  connection.prependListener('authenticationOk', () => {
    if (!proven) refuse('lets us in without proof');
  });
  return () => {
    if (refused) throw refused;
  };
};

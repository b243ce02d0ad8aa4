import { shortText } from '../../../../words/short-text.ts';
import type { Duplex } from 'node:stream';
import type { Connection } from 'pg';
import { RunbookError } from '../../../../engine/errors.ts';
import { inBytes, limits } from '../../../../clients/peer/limits.ts';
import { UnusableAnswer } from '../../../../clients/peer/unusable.ts';
import { checkMessages } from './message-check.ts';

const { bytes: mostBytes, rows: mostRows, columns: mostColumns } = limits.postgres;

/**
 * Ends the connection where its server sends more than `limits.postgres` allows, or bytes that are not its protocol: what waits
 * for an answer gets an `UnusableAnswer`. To be called before it connects.
 */
export const boundConnection = (connection: Connection): void => {
  let bytes = 0;
  let rows = 0;
  const stop = (reason: string): void => void connection.stream.destroy(new UnusableAnswer(reason));

  /** pg reads in a listener of the stream: what it throws there would end the program. */
  const guard = (stream: Duplex): void => {
    const emit = stream.emit.bind(stream);
    const mayBeRead = checkMessages();
    stream.emit = (event: string | symbol, ...values: unknown[]): boolean => {
      if (event !== 'data') return emit(event, ...values);
      const [piece] = values;
      bytes += Buffer.isBuffer(piece) ? piece.length : 0;
      if (bytes > mostBytes) {
        stop(`answers with more than ${inBytes(mostBytes)}`);
        return true;
      }
      try {
        if (Buffer.isBuffer(piece) && mayBeRead(piece)) return emit(event, ...values);
      } catch (error) {
        // Ours: what the server has noted could not be recorded.
        if (error instanceof RunbookError) {
          connection.stream.destroy(error);
          return true;
        }
        // pg threw at a message that is not what it says.
      }
      stop("answers with bytes that are not PostgreSQL's protocol");
      return true;
    };
  };

  guard(connection.stream);
  // From then on it is another stream, in TLS.
  connection.on('sslconnect', () => guard(connection.stream));
  connection.on('dataRow', () => {
    rows += 1;
    if (rows > mostRows) stop(`answers with more than ${mostRows} rows`);
  });
  connection.on('rowDescription', ({ fieldCount }: { readonly fieldCount: number }) => {
    if (fieldCount > mostColumns) stop(`answers with rows of more than ${mostColumns} columns`);
  });
  connection.on('errorMessage', boundTexts);
  connection.on('notice', boundTexts);
};

/** What a server says is shown and searched. */
const boundTexts = (said: Record<string, unknown>): void => {
  for (const field of ['message', 'detail', 'hint', 'where', 'internalQuery', 'stack', 'routine', 'code']) {
    const text = said[field];
    if (typeof text === 'string') said[field] = shortText(text);
  }
};

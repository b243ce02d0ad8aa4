import type { Duplex } from 'node:stream';
import type { Connection } from 'pg';
import { messageOf, RunbookError } from '../../../engine/errors.ts';

/** What pg has and its types leave out. */
declare module 'pg' {
  interface Connection {
    /** Reads the messages of a stream. */
    attachListeners(stream: Duplex): void;
  }
}

/**
 * pg reads in a callback of the stream. What does not follow the protocol makes it throw there, where no one could catch it, or read on
 * without end (an error message that is not terminated). Here such a message ends the connection, as if the network had: what was asked
 * has no answer.
 */
export const endOnGarbage = (connection: Connection): void => {
  const attach = connection.attachListeners.bind(connection);
  connection.attachListeners = (stream) => {
    attach(stream);
    const readers = stream.listeners('data');
    stream.removeAllListeners('data');
    const whole = wholeMessages();
    stream.on('data', (bytes: Buffer) => {
      try {
        const messages = whole(bytes);
        if (messages.length > 0) for (const read of readers) read.call(stream, messages);
      } catch (cause) {
        connection.emit('error', cause instanceof RunbookError ? cause : notTheProtocol(cause));
        stream.destroy();
      }
    });
  };
};

/** A `RunbookError` is one of ours: the record of what the server has noted could not be written. */
const notTheProtocol = (cause: unknown): Error =>
  new Error(`it does not speak PostgreSQL's protocol (${messageOf(cause)})`, { cause });

/** A row of statistics is shorter, and so is the longest text of a query that a server keeps. */
const longest = 64 * 1024 * 1024;
/** A byte for the kind, then four for the length, which counts itself and what follows it. */
const header = 5;

/** Takes the bytes of a stream as they come and returns the messages that are complete. Errors: in words, where one cannot be one. */
const wholeMessages = () => {
  let parts: Buffer[] = [];
  let [have, need] = [0, header];
  return (bytes: Buffer): Buffer => {
    parts.push(bytes);
    have += bytes.length;
    // A long message is put together once, and not with each of its parts.
    if (have < need) return Buffer.alloc(0);
    const all = parts.length === 1 ? bytes : Buffer.concat(parts, have);
    let at = 0;
    need = header;
    while (all.length - at >= need) {
      const size = 1 + all.readUInt32BE(at + 1);
      if (size < header || size > longest) throw new Error(`a message of ${size} bytes`);
      need = size;
      if (all.length - at < need) break;
      requireReadable(all.subarray(at, at + size));
      at += size;
      need = header;
    }
    const rest = all.subarray(at);
    parts = rest.length > 0 ? [rest] : [];
    have = rest.length;
    return all.subarray(0, at);
  };
};

const [error, notice] = Buffer.from('EN');

/** An error or a notice: fields, each a letter and a text that a zero ends, then a zero. */
const requireReadable = (message: Buffer): void => {
  if (message[0] !== error && message[0] !== notice) return;
  for (let at = header; message[at] !== 0;) {
    const end = at < message.length ? message.indexOf(0, at + 1) : -1;
    if (end < 0) throw new Error('an error message that does not end');
    at = end + 1;
  }
};

import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Command } from './commands.ts';

/**
 * Listens on the unix socket. One request a connection: a line `{"command": .., "arguments": [..]}`; the answer is a line
 * `{"output": ..}` or `{"error": ..}`.
 */
export const openControl = async (socketPath: string, commands: Readonly<Record<string, Command>>): Promise<Server> => {
  const server = createServer((socket) => {
    // A client that goes away does not undo what it asked for.
    socket.on('error', () => undefined);
    createInterface({ input: socket }).once('line', (line) => {
      void answer(socket, line, commands);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  chmodSync(socketPath, 0o600);
  return server;
};

const answer = async (socket: Socket, line: string, commands: Readonly<Record<string, Command>>): Promise<void> => {
  let reply: { output: string } | { error: string };
  try {
    const { command, arguments: args }: { command: string; arguments: string[] } = JSON.parse(line);
    const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
    if (run === undefined)
      throw new Error(`there is no command "${command}"; there are ${Object.keys(commands).join(', ')}`);
    reply = { output: await run(args) };
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  socket.end(`${JSON.stringify(reply)}\n`);
};

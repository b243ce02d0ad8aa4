import { Connection } from 'pg';
import { boundConnection } from './bounded-connection.ts';
import type { Connected } from './connect.ts';
import { socketTo } from './connect.ts';

/** Asks the server to cancel what the connection is doing: on another one, as the protocol has it. Never fails; over within `ms`. */
export const sendCancel = ({ client, host, attempt }: Connected, ms: number): Promise<void> =>
  new Promise((resolve) => {
    const socket = socketTo(host);
    const connection = new Connection({ stream: () => socket, ssl: attempt });
    boundConnection(connection);
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve();
    };
    const timer = setTimeout(finish, ms);
    const cancel = () => connection.cancel(client.processID, client.secretKey);
    connection.on('error', finish);
    // The server answers nothing and closes.
    connection.on('end', finish);
    connection.on('connect', () => (attempt === false ? cancel() : connection.requestSsl()));
    connection.on('sslconnect', cancel);
    if (host.host.startsWith('/')) connection.connect(`${host.host}/.s.PGSQL.${host.port}`);
    else connection.connect(host.port, host.host);
  });

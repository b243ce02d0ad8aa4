import { Agent, request as send } from 'node:https';

/** A client of the API server with one identity, for what tests prepare and look at. It has no retries and no watch. */
export interface Api {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  /** A merge patch (RFC 7386). */
  patch<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string, body?: unknown): Promise<T>;
  /** What the server answers as text: logs, /readyz, /metrics. */
  text(path: string): Promise<string>;
  close(): void;
}

/** Who asks, PEM texts. */
export interface Identity {
  readonly url: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** An answer that is no success. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const openApi = ({ url, ca, certificate, key }: Identity): Api => {
  const agent = new Agent({ ca, cert: certificate, key, keepAlive: true });
  const text = (method: string, path: string, body?: unknown): Promise<string> =>
    new Promise((resolve, reject) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const sent = body === undefined ? undefined : JSON.stringify(body);
      // Node tells the length of its own accord for some methods only, and DELETE is not among them.
      const length = sent === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(sent) };
      const headers = { accept: 'application/json', ...length };
      const request = send(new URL(path, url), { agent, method, headers }, (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
        response.on('error', reject);
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          if (status < 300) resolve(answer);
          else reject(new ApiError(status, `${method} ${path}: ${String(status)} ${messageIn(answer)}`));
        });
      });
      request.on('error', reject);
      request.end(sent);
    });
  const json = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
    JSON.parse(await text(method, path, body)) as T;
  return {
    get: (path) => json('GET', path),
    post: (path, body) => json('POST', path, body),
    put: (path, body) => json('PUT', path, body),
    patch: (path, body) => json('PATCH', path, body),
    delete: (path, body) => json('DELETE', path, body),
    text: (path) => text('GET', path),
    close: () => {
      agent.destroy();
    },
  };
};

const messageIn = (answer: string): string => {
  try {
    return (JSON.parse(answer) as { message?: string }).message ?? answer;
  } catch {
    return answer;
  }
};

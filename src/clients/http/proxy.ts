import { BlockList, isIP } from 'node:net';
import { RunbookError } from '../../engine/errors.ts';
import { hostOf, isLoopback } from './url.ts';

/** A proxy that is configured for this one server. `where` is for messages: "proxy-url in /home/ann/.kube/config". */
interface ConfiguredProxy {
  readonly url: string;
  readonly where: string;
}

/**
 * The proxy between here and the server: the configured one, else the environment's. A server on this machine is asked directly
 * whatever the environment says. Errors: `usage` for a proxy of an unknown kind.
 */
export const proxyFor = (
  server: URL,
  configured: ConfiguredProxy | undefined,
  env: Readonly<Record<string, string | undefined>>,
): URL | undefined => {
  const variable = (name: string) => env[name] || env[name.toLowerCase()];
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const usual = isLoopback(server) || isExcepted(server, variable('NO_PROXY') ?? '') ? undefined : variable(name);
  const text = configured?.url ?? usual;
  if (text === undefined) return undefined;
  const where = configured?.where ?? name;
  // In the environment `proxy.example.com:3128` is meant as a host and a port.
  const full = text.includes('://') || configured ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  // It may hold a password: it is not shown.
  if (!url || !['http:', 'https:', 'socks5:', 'socks5h:'].includes(url.protocol))
    throw new RunbookError('usage', `${where} is not a URL that begins with http://, https:// or socks5://`, {
      next: [`correct ${where}`],
    });
  return url;
};

/** A host, a domain with all in it, an address, a range of addresses (10.0.0.0/8), each perhaps with a port; `*` for all. */
const isExcepted = (server: URL, list: string): boolean =>
  list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && matches(server, entry));

const matches = (server: URL, entry: string): boolean => {
  if (entry === '*') return true;
  const host = hostOf(server);
  const [, network = '', bits = ''] = /^([\d.]+|[\da-f:]+)\/(\d+)$/.exec(entry) ?? [];
  if (network !== '') return isWithin(host, network, Number(bits));
  const [, name = '', port] = /^(.+?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (port !== undefined && port !== (server.port || (server.protocol === 'https:' ? '443' : '80'))) return false;
  const bare = name.replace(/^\*?\./, '').replace(/^\[|\]$/g, '');
  return host === bare || (isIP(host) === 0 && host.endsWith(`.${bare}`));
};

const isWithin = (host: string, network: string, bits: number): boolean => {
  const family = isIP(host);
  if (family === 0 || family !== isIP(network) || bits > (family === 4 ? 32 : 128)) return false;
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  range.addSubnet(network, bits, kind);
  return range.check(host, kind);
};

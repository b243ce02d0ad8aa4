import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { messageOf, RunbookError } from '../../engine/errors.ts';
import type { Credential, Endpoint } from './endpoint.ts';

/** What `node:http` needs to make a connection, and where it keeps those that are free. */
type Connections = HttpAgent | HttpsAgent;

/**
 * Connections that were idle for longer are not used again: gateways drop them without a word, and a change that is sent into
 * such a one is lost with nobody knowing. Between a plan and its answer minutes may pass.
 */
const idleMs = 10_000;

/** The connections for a credential: one that brings another client certificate needs its own. */
export const createAgents = (endpoint: Endpoint): ((credential: Credential) => Promise<Connections>) => {
  let kept: { readonly certificate: Credential['certificate']; readonly agent: Promise<Connections> } | undefined;
  return ({ certificate }) => {
    if (kept && kept.certificate?.cert === certificate?.cert && kept.certificate?.key === certificate?.key)
      return kept.agent;
    const agent = createAgent(endpoint, certificate);
    kept = { certificate, agent };
    return agent;
  };
};

const createAgent = async (endpoint: Endpoint, certificate: Credential['certificate']): Promise<Connections> => {
  const { proxy, server, serverName } = endpoint;
  const pool = { keepAlive: true, timeout: idleMs };
  const tls =
    server.protocol === 'https:'
      ? {
          secureContext: secureContext(endpoint, certificate),
          ...(serverName === undefined ? {} : { servername: serverName }),
        }
      : {};
  if (proxy?.protocol.startsWith('socks')) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    // Its `timeout` would end requests that only wait; its free connections stay.
    return new SocksProxyAgent(proxy, { keepAlive: true, ...tls });
  }
  const proxied = proxy ? { proxyEnv: { HTTP_PROXY: proxy.href, HTTPS_PROXY: proxy.href } } : {};
  return server.protocol === 'https:'
    ? new HttpsAgent({ ...pool, ...tls, ...proxied })
    : new HttpAgent({ ...pool, ...proxied });
};

const secureContext = ({ ca, credentials }: Endpoint, certificate: Credential['certificate']): SecureContext => {
  try {
    return createSecureContext({
      // Node's own list does not have what the machine's administrator added.
      ca: ca ?? [...getCACertificates('default'), ...getCACertificates('system')],
      ...certificate,
      minVersion: 'TLSv1.2',
    });
  } catch (error) {
    const which = certificate === undefined ? 'the certificate authority' : 'the client certificate and its key';
    throw new RunbookError('usage', `${which} of ${credentials.owner} cannot be used: ${messageOf(error)}`, {
      next: credentials.renewal,
    });
  }
};

import { isIP } from 'node:net';

/** The same server has the same text: case of the host, default port and slashes at the end do not matter. Undefined for what is no http(s) URL. */
export const normalised = (text: string): string | undefined => {
  if (!URL.canParse(text)) return undefined;
  const { protocol, host, pathname } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  return `${protocol}//${host}${pathname.replace(/(?<!\/)\/+$/, '')}`;
};

/** Without the brackets that an IPv6 address has in a URL. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

export const isLoopback = (url: URL): boolean => {
  const host = hostOf(url);
  if (isIP(host) === 4) return host.startsWith('127.');
  return host === '::1' || host === 'localhost' || host.endsWith('.localhost');
};

/** For messages: never with a password in it. */
export const shownUrl = (url: URL): string => normalised(url.href) ?? `${url.protocol}//${url.host}`;

import { RunbookError } from '../../../../engine/errors.ts';

/** The parameters of a connection, by libpq's names (`host`, `dbname`, `sslmode`, ...). */
export type Parameters = Readonly<Record<string, string>>;

/**
 * Understands a URL as libpq does, several hosts included: `postgresql://user:password@a:5432,b/database?sslmode=require`.
 * Errors: `usage`, without a word of the URL, which may hold a password.
 */
export const parseUrl = (url: string): Parameters => {
  if (!/^postgres(?:ql)?:\/\//.test(url)) throw malformed('it does not begin with postgresql://');
  const [whole, authority = '', path, query = ''] =
    /^postgres(?:ql)?:\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(url) ?? [];
  // Else it would be taken for one that says nothing, and the defaults would lead to some server.
  if (whole === undefined) throw malformed('a "#" in it is written %23');
  const at = authority.lastIndexOf('@');
  const [user, password] = at < 0 ? [] : splitOnce(authority.slice(0, at), ':');
  const hosts =
    authority.slice(at + 1) === ''
      ? []
      : authority
          .slice(at + 1)
          .split(',')
          .map(hostAndPort);
  const parameters: Record<string, string> = {};
  const set = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== '') parameters[name] = decode(value);
  };
  set('user', user);
  set('password', password);
  set('host', hosts.map(({ host }) => host).join(','));
  if (hosts.some(({ port }) => port !== '')) set('port', hosts.map(({ port }) => port).join(','));
  set('dbname', path);
  for (const pair of query.split('&').filter((text) => text !== '')) {
    const [name, value = ''] = splitOnce(pair, '=');
    // The JDBC driver's spelling, which libpq takes too.
    if (name === 'ssl' && value === 'true') set('sslmode', 'require');
    else set(decode(name), value);
  }
  return parameters;
};

const splitOnce = (text: string, separator: string): readonly [string, string | undefined] => {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
};

const hostAndPort = (text: string): { readonly host: string; readonly port: string } => {
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(text) ?? [];
  if (host === '' && port === '' && text !== '') throw malformed('a host or port in it cannot be understood');
  return { host: host.replace(/^\[|\]$/g, ''), port };
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed('a "%" in it is not followed by two hexadecimal digits (a "%" itself is written %25)');
  }
};

const malformed = (why: string): RunbookError =>
  new RunbookError('usage', `The URL of the database is not one: ${why}.`, {
    next: ['write it as postgresql://user@host:5432/database'],
  });

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { clock, clockAt, forever } from './clock.ts';
import { clientOf, connect, deployments, kubeconfig, write } from './kubeconfig-rig.ts';
import { failure, get, scriptedRig } from './scripted-rig.ts';
import { type Script, type ScriptedServer, send, sendStatus, testAuthority } from './scripted-server.ts';

const rig = scriptedRig();
const { directory } = rig;
const serve = async (script: Script): Promise<ScriptedServer> => (await rig.serve(script)).server;
/** Lets in who brings one of these tokens. */
const accepting =
  (...tokens: readonly string[]): Script =>
  (answer, { headers }) =>
    tokens.some((token) => headers.authorization === `Bearer ${token}`)
      ? send(answer, { metadata: { name: 'checkout' } })
      : sendStatus(answer, 401, 'Unauthorized', 'Unauthorized');
const tokens = (server: ScriptedServer): readonly string[] =>
  server.requests.map(({ headers }) => (headers.authorization ?? '').replace('Bearer ', ''));

/** A credential plugin: a shell script. */
const plugin = (script: string, more: object = {}) => ({
  exec: {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: write(directory, `#!/bin/sh\n${script}\n`),
    interactiveMode: 'IfAvailable',
    ...more,
  },
});
const credential = (status: string) =>
  `{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":${status}}`;
const answering = (status: string) => `echo '${credential(status)}'`;

describe('a token', () => {
  test('that the server no longer accepts: it is not asked again with the same, and the error says what to renew', async () => {
    const server = await serve(accepting('new'));
    const error = await failure(get(await clientOf(directory, server, { user: { token: 's3cr3t' } })));
    expect(error).toMatchObject({
      kind: 'unreachable',
      status: 401,
      message: expect.stringMatching(/does not accept the credentials of context prod \(401\)/),
    });
    expect(error.next).toEqual([expect.stringMatching(/^put a new token into /)]);
    expect(server.requests).toHaveLength(1);
  });

  test('in a file is read when it is needed, kept for a while, and read again when it is refused', async () => {
    const server = await serve((answer, seen, number) =>
      accepting(number < 2 ? 'first' : 'third')(answer, seen, number),
    );
    const tokenFile = write(directory, 'first\n', 'token-file');
    const client = await clientOf(directory, server, { user: { tokenFile, token: 'not-this' } });
    await get(client);
    write(directory, 'second\n', 'token-file');
    await get(client);
    await failure(get(client));
    write(directory, 'third\n', 'token-file');
    await get(client);
    expect(tokens(server)).toEqual(['first', 'first', 'first', 'second', 'second', 'third']);
  });

  test('file that is not there, or empty, is an error that names it', async () => {
    const server = await serve(accepting());
    const missing = join(directory, 'no-token');
    expect(await failure(get(await clientOf(directory, server, { user: { tokenFile: missing } })))).toMatchObject({
      kind: 'usage',
      message: expect.stringContaining(missing),
    });
    const empty = write(directory, ' \n');
    expect(await failure(get(await clientOf(directory, server, { user: { tokenFile: empty } })))).toMatchObject({
      kind: 'usage',
      message: `the token file ${empty} is empty`,
    });
  });

  test('is told to whoever hides secrets, before it is used', async () => {
    const server = await serve(accepting('s3cr3t'));
    const secrets: string[] = [];
    await get(
      await clientOf(directory, server, {
        user: { token: 's3cr3t' },
        deps: { remember: (_, secret) => void secrets.push(secret) },
      }),
    );
    expect(secrets).toEqual(['s3cr3t']);
  });

  test('a user and a password are sent where the cluster knows such', async () => {
    const server = await serve((answer) => send(answer, {}));
    await get(await clientOf(directory, server, { user: { username: 'ann', password: 'pässword' } }));
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('ann:pässword').toString('base64')}`);
  });
});

describe('a credential plugin', () => {
  test('is started with the first request, once for many', async () => {
    const server = await serve(accepting('t'));
    const calls = join(directory, 'calls');
    const client = await clientOf(directory, server, {
      user: plugin(`echo x >> ${calls}; ${answering('{"token":"t"}')}`),
    });
    expect(() => readFileSync(calls)).toThrow('ENOENT');
    await Promise.all([get(client), get(client), get(client)]);
    expect(readFileSync(calls, 'utf8')).toBe('x\n');
  });

  test('goes on for the others when one of them is told to stop', async () => {
    const server = await serve(accepting('t'));
    const [calls, go] = [join(directory, 'calls-of-two'), join(directory, 'go')];
    const client = await clientOf(directory, server, {
      user: plugin(`echo x >> ${calls}; until [ -e ${go} ]; do sleep 0.05; done; ${answering('{"token":"t"}')}`),
    });
    const told = new AbortController();
    const stopped = failure(client.get(deployments, 'a', { signal: told.signal }));
    const other = get(client);
    // oxlint-disable-next-line no-await-in-loop
    while (!existsSync(calls)) await clock.sleep(20);
    told.abort(new Error('enough'));
    expect(await stopped).toMatchObject({ message: 'enough' });
    write(directory, '', 'go');
    await other;
    expect(readFileSync(calls, 'utf8')).toBe('x\n');
  });

  test('is asked again when its credential has run out, by its own date or by the word of the server', async () => {
    const server = await serve((answer, _, number) =>
      number === 1 ? sendStatus(answer, 401, 'Unauthorized', '') : send(answer, {}),
    );
    const count = write(directory, '0');
    const script = `n=$(($(cat ${count}) + 1)); echo $n > ${count}; echo '${credential(`{"token":"token-'$n'","expirationTimestamp":"'$1'"}`)}'`;
    const later = await clientOf(directory, server, { user: plugin(script, { args: ['2099-01-01T00:00:00Z'] }) });
    await get(later);
    await get(later);
    expect(tokens(server)).toEqual(['token-1', 'token-1', 'token-2']);
    const shortly = await clientOf(directory, server, { user: plugin(script, { args: ['2020-01-01T00:00:00Z'] }) });
    await get(shortly);
    await get(shortly);
    expect(tokens(server).slice(3)).toEqual(['token-3', 'token-4']);
  });

  test('a change goes out again too after a 401: the server did not look at it', async () => {
    const server = await serve((answer, _, number) =>
      number === 0 ? sendStatus(answer, 401, 'Unauthorized', '') : send(answer, {}),
    );
    const count = write(directory, '');
    const script = `echo x >> ${count}; echo '${credential(`{"token":"'$(wc -l < ${count})'"}`)}'`;
    const client = await clientOf(directory, server, { user: plugin(script) });
    await client.patch(deployments, 'checkout', { a: 1 }, { type: 'merge', signal: forever });
    expect(server.requests.map(({ method, body }) => [method, body])).toEqual([
      ['PATCH', '{"a":1}'],
      ['PATCH', '{"a":1}'],
    ]);
  });

  test('gets the whole environment, what the kubeconfig adds to it, and the cluster where it wants to know it', async () => {
    const server = await serve(accepting('t'));
    const seen = join(directory, 'seen');
    const user = plugin(
      `printf '%s|%s|%s' "$AWS_SECRET_ACCESS_KEY" "$ADDED" "$KUBERNETES_EXEC_INFO" > ${seen}; ${answering('{"token":"t"}')}`,
      {
        env: [{ name: 'ADDED', value: 'yes' }],
        provideClusterInfo: true,
      },
    );
    await get(await clientOf(directory, server, { user, deps: { env: { AWS_SECRET_ACCESS_KEY: 'key' } } }));
    const [inherited, added, info = ''] = readFileSync(seen, 'utf8').split('|');
    expect(inherited).toBe('key');
    expect(added).toBe('yes');
    expect(JSON.parse(info)).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        cluster: { server: server.url, 'certificate-authority-data': expect.any(String), config: null },
      },
    });
  });

  test('whose path is relative begins at the kubeconfig', async () => {
    const server = await serve(accepting('t'));
    const name = plugin(answering('{"token":"t"}')).exec.command.slice(directory.length);
    await get(await clientOf(directory, server, { user: plugin('', { command: `.${name}` }) }));
    expect(tokens(server)).toEqual(['t']);
  });

  test('has no terminal: neither to print on nor to ask at', async () => {
    const server = await serve(accepting('t'));
    const seen = join(directory, 'session');
    await get(
      await clientOf(directory, server, {
        user: plugin(`(ps -o sid= -p $$; cat; echo end-of-input) > ${seen} 2>&1; ${answering('{"token":"t"}')}`),
      }),
    );
    const [session = '', end] = readFileSync(seen, 'utf8').split('\n');
    const ours = execFileSync('ps', ['-o', 'sid=', '-p', String(process.pid)], { encoding: 'utf8' });
    // A terminal belongs to a session: a program in another one cannot open /dev/tty.
    expect(session.trim()).not.toBe(ours.trim());
    expect(end).toBe('end-of-input');
  });

  test.each<[string, string, string]>([
    [
      'fails',
      'echo noise; echo "usage: x" >&2; echo "Error: the SSO session has expired" >&2; exit 255',
      'ended with exit code 255: usage: x Error: the SSO session has expired',
    ],
    [
      'fails and prints what it sent',
      `echo '{"client_secret": "s3cr3t", "b": 1}' >&2; echo 'password=s3cr3t' >&2; echo 'got s3cr3tAbCdEfGhIjKlMnOpQrSt1 from arn:aws:iam::1:role/x' >&2; exit 1`,
      'ended with exit code 1: {"client_secret": "‹secret›", "b": 1} password=‹secret› got ‹secret› from arn:aws:iam::1:role/x',
    ],
    ['prints no JSON', 'echo s3cr3t', 'printed something that is not JSON'],
    ['prints something else', `echo '{"token":"s3cr3t"}'`, 'printed something that is not an ExecCredential'],
    [
      'speaks another version',
      `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"s3cr3t"}}'`,
      'answers with another apiVersion than the client.authentication.k8s.io/v1 that the kubeconfig names',
    ],
    ['prints nothing of use', answering('{}'), 'printed neither a token nor a certificate'],
    [
      'prints half of a certificate',
      answering('{"clientCertificateData":"s3cr3t"}'),
      'printed a certificate without its key, or a key alone',
    ],
    [
      'does not come to an end, nor does what it started',
      'setsid sleep 3 & sleep 60',
      'did not answer within 0.5 s; does it wait for a login?',
    ],
    ['kills itself', 'kill -9 $$', 'was ended by SIGKILL'],
    ['prints without end', 'cat /dev/zero', 'printed more than 1 MiB, hardly a credential'],
  ])('that %s is an error that says so, and nothing of what it printed', async (_, script, message) => {
    const server = await serve(accepting());
    const user = plugin(script);
    const slow = message.includes('0.5 s');
    const error = await failure(
      get(await clientOf(directory, server, { user, deps: slow ? { pluginTimeoutMs: 500 } : {} })),
    );
    expect(error.message).toMatch(/^no credentials for user ann of /);
    expect(error).toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining(`${user.exec.command} ${message}`),
    });
    expect(error.next).toEqual(['log in again, for example by: kubectl --context prod version']);
    expect(error.message).not.toContain('s3cr3t');
    expect(server.requests).toEqual([]);
  });

  test('what it says when it fails is redacted', async () => {
    const server = await serve(accepting());
    const user = plugin('echo "bad token s3cr3t" >&2; exit 1');
    expect(
      (
        await failure(
          get(
            await clientOf(directory, server, { user, deps: { redact: (text) => text.replaceAll('s3cr3t', '***') } }),
          ),
        )
      ).message,
    ).toMatch(/exit code 1: bad token \*\*\*$/);
  });

  test('that is not installed is an error with the hint that the kubeconfig gives', async () => {
    const server = await serve(accepting());
    const user = plugin('', { command: 'no-such-login-program', installHint: '\nbrew install it\n' });
    expect(await failure(get(await clientOf(directory, server, { user })))).toMatchObject({
      kind: 'usage',
      message: 'no credentials: cannot run no-such-login-program: not found in PATH',
      next: ['brew install it', 'install no-such-login-program, or give its full path'],
    });
  });

  test('who is told to stop waits no longer for it', async () => {
    const server = await serve(accepting());
    const client = await clientOf(directory, server, { user: plugin('sleep 60 & wait') });
    expect(await failure(client.get(deployments, 'a', { signal: AbortSignal.timeout(200) }))).toMatchObject({
      name: 'TimeoutError',
    });
  });
});

/** A JSON Web Token that runs out then, in seconds since 1970. */
const jwt = (exp: number): string => `e30.${Buffer.from(JSON.stringify({ exp })).toString('base64url')}.s3cr3t`;
const oidc = (token: string) => ({
  'auth-provider': { name: 'oidc', config: { 'id-token': token, 'refresh-token': 'r' } },
});

describe('what has run out is known before anything is asked', () => {
  test('a client certificate', async () => {
    const { certificate, key } = await (await testAuthority()).issue(1);
    const user = { 'client-certificate': write(directory, certificate), 'client-key': write(directory, key) };
    const path = write(directory, kubeconfig({ server: 'https://prod.example.com' }, user));
    const day = 86_400_000;
    expect(await failure(connect([path], {}, { clock: clockAt(2 * day) }))).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/^the client certificate of user ann of .* expired on 20/),
    });
    expect(await failure(connect([path], {}, { clock: clockAt(-2 * day) }))).toMatchObject({
      kind: 'unreachable',
      next: ['check the clock of this machine: date -u'],
    });
    expect((await connect([path])).identity.context).toBe('prod');
  });

  test('the ID token of an OIDC login: kubectl renews and keeps it, not rb', async () => {
    const server = await serve(accepting(jwt(4e9)));
    await get(await clientOf(directory, server, { user: oidc(jwt(4e9)) }));
    const error = await failure(get(await clientOf(directory, server, { user: oidc(jwt(1e9)) })));
    expect(error).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/^the login of user ann of .* \(OIDC\) expired at 2001-09-09T01:46:40.000Z$/),
    });
    expect(error.next[0]).toContain('kubectl --context prod version');
    expect(server.requests).toHaveLength(1);
  });
});

test('a key that does not belong to its certificate is an error that says so', async () => {
  const server = await serve(accepting());
  const authority = await testAuthority();
  const [one, other] = await Promise.all([authority.issue(1), authority.issue(1)]);
  const files = [write(directory, one.certificate), write(directory, other.key)];
  const user = { 'client-certificate': files[0], 'client-key': files[1] };
  expect(await failure(get(await clientOf(directory, server, { user })))).toMatchObject({
    kind: 'usage',
    message: expect.stringContaining('the client certificate and its key of user ann'),
  });
});

/** What is known after one request, whether it went well or not. */
const known = async (user: object, more: { readonly cluster?: object; readonly env?: Record<string, string> } = {}) => {
  const secrets: string[] = [];
  const server = await serve((answer) => send(answer, {}));
  const deps = { remember: (_: string, secret: string) => void secrets.push(secret), env: more.env ?? {} };
  const error = await clientOf(directory, server, { user, cluster: more.cluster ?? {}, deps })
    .then(get)
    .then(
      () => undefined,
      (failed: unknown) => failed,
    );
  return { secrets, error };
};
const stated = (fields: object) => `cat ${write(directory, credential(JSON.stringify(fields)))}`;
const inBase64 = (text: string) => Buffer.from(text).toString('base64');

describe('every secret is remembered before it is used', () => {
  test('a password, and a token in a file', async () => {
    expect((await known({ username: 'ann', password: 'canary-1' })).secrets).toEqual(['canary-1']);
    expect((await known({ tokenFile: write(directory, 'canary-2\n') })).secrets).toEqual(['canary-2']);
  });

  test('a client key', async () => {
    const { certificate, key } = await (await testAuthority()).issue(1);
    const user = { 'client-certificate-data': inBase64(certificate), 'client-key-data': inBase64(key) };
    expect((await known(user)).secrets).toEqual([key.trim()]);
  });

  test('what a plugin hands out, a key as well as a token', async () => {
    const { certificate, key } = await (await testAuthority()).issue(1);
    const given = { token: 'canary-3', clientCertificateData: certificate, clientKeyData: key };
    expect((await known(plugin(stated(given)))).secrets).toEqual(expect.arrayContaining(['canary-3', key.trim()]));
  });

  test('what a plugin is given: variables and arguments that are named like a secret, and ours that it inherits', async () => {
    const { exec } = plugin(stated({ token: 't' })) as { readonly exec: object };
    const user = {
      exec: {
        ...exec,
        env: [
          { name: 'AZURE_CLIENT_SECRET', value: 'canary-4' },
          { name: 'REGION', value: 'eu-central-1' },
        ],
        args: ['--password', 'canary-5', '--api-token=canary-6', '--cluster', 'prod'],
      },
    };
    const { secrets } = await known(user, { env: { VAULT_TOKEN: 'canary-7', HOME: '/home/ann' } });
    expect(secrets).toEqual(expect.arrayContaining(['canary-4', 'canary-5', 'canary-6', 'canary-7']));
    for (const open of ['eu-central-1', 'prod', '/home/ann']) expect(secrets).not.toContain(open);
  });

  test('the token of a plugin that prints it twice and fails', async () => {
    const { secrets, error } = await known(plugin(`${stated({ token: 'canary-8' })}; echo canary-8 >&2; exit 1`));
    expect(secrets).toContain('canary-8');
    expect(error).toMatchObject({ kind: 'unreachable' });
  });

  test('all that an OIDC login keeps', async () => {
    const config = { 'id-token': jwt(4e9), 'refresh-token': 'canary-9', 'client-secret': 'canary-10' };
    const { secrets } = await known({ 'auth-provider': { name: 'oidc', config } });
    expect(secrets).toEqual(expect.arrayContaining([jwt(4e9), 'canary-9', 'canary-10']));
  });

  test('the password of a proxy, as it is written and decoded', async () => {
    const cluster = { 'proxy-url': 'http://ann:canary%2D11@127.0.0.1:1' };
    expect((await known({ token: 't' }, { cluster })).secrets).toEqual(
      expect.arrayContaining(['canary%2D11', 'canary-11']),
    );
  });
});

const headersOf = async (user: object) => {
  const server = await serve((answer) => send(answer, {}));
  await get(await clientOf(directory, server, { user }));
  return server.requests[0]?.headers ?? {};
};
const refusal = async (user: object) => {
  const server = await serve((answer) => send(answer, {}));
  const error = await failure(clientOf(directory, server, { user }).then(get));
  expect(server.requests).toEqual([]);
  return error;
};
const received = (value: unknown): string => Buffer.from(String(value), 'latin1').toString('utf8');

describe('as kubectl has it', () => {
  test.each(['jörg', '日本', 'Ωmega'])('a header is UTF-8: %s', async (name) => {
    const headers = await headersOf({ token: 't', as: name, 'as-groups': [name] });
    expect(received(headers['impersonate-user'])).toBe(name);
    expect(received(headers['impersonate-group'])).toBe(name);
  });

  test.each(['a(b)', 'example.org/why', 'a%b c'])(
    'what cannot stand in the name of a header is escaped: %s',
    async (key) => {
      const headers = await headersOf({ token: 't', as: 'ann', 'as-user-extra': { [key]: ['x'] } });
      const [name = ''] = Object.keys(headers).filter((each) => each.startsWith('impersonate-extra-'));
      expect(decodeURIComponent(name)).toBe(`impersonate-extra-${key}`);
    },
  );

  test.each([{ 'as-groups': ['a'] }, { 'as-uid': '1' }, { 'as-user-extra': { a: ['b'] } }])(
    'who acts as nobody cannot act as %o',
    async (impersonation) => {
      expect(await refusal({ token: 't', ...impersonation })).toMatchObject({
        kind: 'usage',
        message: expect.stringContaining('no user to act as (as)') as string,
      });
    },
  );

  test.each(['two\nlines', 'end\n', 'a\u0000b', 'a\rb'])(
    'a token that is more than a line (%j) is not sent',
    async (token) => {
      const error = await refusal({ token });
      expect(error).toMatchObject({
        kind: 'usage',
        message: expect.stringContaining('a line break or control character') as string,
      });
      expect(error.message).not.toContain(token);
    },
  );

  test('a password and a token are one too many; a plugin beside a password is not asked', async () => {
    for (const token of [{ token: 't' }, { tokenFile: 'token' }])
      expect(await refusal({ username: 'ann', password: 'p', ...token })).toMatchObject({ kind: 'usage' });
    const headers = await headersOf({ username: 'ann', password: 'p', ...plugin('exit 1') });
    expect(headers.authorization).toBe(`Basic ${Buffer.from('ann:p').toString('base64')}`);
  });

  test('nothing secret is sent without TLS', async () => {
    const path = write(directory, kubeconfig({ server: 'http://127.0.0.1:8001' }, { token: 't', as: 'ann' }));
    const { credentials } = await connect([path]);
    expect(await credentials.current(forever)).toEqual({ headers: { 'impersonate-user': 'ann' } });
    expect(credentials.owner).toContain('without encryption');
  });
});

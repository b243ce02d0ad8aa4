import { test, vi } from 'vitest';
import { openHttp } from '../../src/providers/http/probe.ts';
import { healthOf } from '../../src/providers/workload/command/health.ts';
import { hostileHealthAnswers } from './http-answers.ts';
import { startPlayServer } from './play-server.ts';
import { answersOf, atOnce } from './prove.ts';

vi.setConfig({ maxConcurrency: atOnce });

const answers = hostileHealthAnswers(...answersOf(100));
const timeoutMs = 300;

test.concurrent.for(answers)(
  '$name is not healthy, as an endpoint and as an instance',
  async ({ name, answer }, { expect, onTestFinished }) => {
    const server = await startPlayServer(answer);
    onTestFinished(() => server.close());
    const url = `http://127.0.0.1:${server.port}/health`;
    const { signal } = new AbortController();
    const probe = await openHttp().probe({ url, timeoutMs }, signal);
    expect(probe).toMatchObject({ healthy: false, failure: expect.any(String) });
    expect(probe.detail.length).toBeLessThan(400);
    if (name.includes('informational') && probe.failure !== 'timeout')
      expect(probe.detail).toContain('more than 20 interim answers');
    const listed = { id: 'app-1', state: 'running', fields: { url } } as const;
    const instance = await healthOf(
      listed,
      { instanceHealth: '{{url}}', healthTimeoutMs: timeoutMs },
      openHttp(),
      signal,
    );
    expect(instance.health).not.toBe('ok');
  },
);

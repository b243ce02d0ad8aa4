import { pipeline, Readable, Transform } from 'node:stream';
import type { ECSClientConfig } from '@aws-sdk/client-ecs';
import { inBytes, limits } from '../peer/limits.ts';
import { UnusableAnswer } from '../peer/unusable.ts';

type RequestHandler = NonNullable<ECSClientConfig['requestHandler']>;

/**
 * The SDK reads an answer to its end, however long and however slow: its own timeouts end with the headers. From this handler, what
 * is over `limits.aws`, or not there `withinMs` after the headers, is an `UnusableAnswer`.
 */
export const boundAnswers = (handler: RequestHandler, withinMs: number): void => {
  if (!('handle' in handler) || typeof handler.handle !== 'function') return;
  const handle = handler.handle.bind(handler);
  handler.handle = async (...given: Parameters<typeof handle>) => {
    const answer = await handle(...given);
    const { response } = answer;
    if (response.body instanceof Readable) response.body = bounded(response.body, withinMs);
    return answer;
  };
};

const bounded = (body: Readable, withinMs: number): Readable => {
  const most = limits.aws.bytes;
  let length = 0;
  const counted = new Transform({
    transform: (chunk: Buffer, _, done) => {
      length += chunk.length;
      if (length > most) done(new UnusableAnswer(`answers with more than ${inBytes(most)}`));
      else done(null, chunk);
    },
  });
  const late = setTimeout(
    () => counted.destroy(new UnusableAnswer(`does not end its answer within ${withinMs / 1000} s`)),
    withinMs,
  );
  pipeline(body, counted, () => clearTimeout(late));
  return counted;
};

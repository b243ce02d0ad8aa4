import type { ClientRequest } from 'node:http';
import { limits } from './limits.ts';
import { UnusableAnswer } from './unusable.ts';

/** Calls `stop` where a server sends one interim answer (1xx) after another and never the one that was asked for. */
export const boundInterim = (request: ClientRequest, stop: (error: UnusableAnswer) => void): void => {
  let left = limits.interimAnswers;
  request.on('information', () => {
    left -= 1;
    if (left < 0) stop(new UnusableAnswer(`answers with more than ${limits.interimAnswers} interim answers`));
  });
};

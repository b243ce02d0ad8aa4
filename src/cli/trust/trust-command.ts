import { quoted } from '../../config/trust/quoted.ts';
import { reachOf } from '../../config/trust/reach.ts';
import { standingOf } from '../../config/trust/standing.ts';
import { RunbookError } from '../../engine/errors.ts';
import type { Globals } from '../globals.ts';
import { showFinding } from '../output/show.ts';
import { askToTrust, meaning, trust } from './trust-question.ts';
import type { Trusting } from './trust-question.ts';

/** `rb trust`. Errors: `usage` where it has to ask and cannot, `refused` for a file of others, `declined`. */
export const trustConfiguration = async (
  { loaded, terminal, store, env }: Omit<Trusting, 'reason' | 'before'>,
  { yes, dryRun, output }: Pick<Globals, 'yes' | 'dryRun' | 'output'>,
): Promise<void> => {
  const { path } = loaded;
  const standing = await standingOf(loaded, undefined, async () => store);
  if (standing?.obstacle)
    throw new RunbookError('refused', `${path} cannot be trusted: ${standing.obstacle.what}.`, {
      next: standing.obstacle.next,
    });
  const of = { loaded, reason: standing?.reason ?? 'is trusted', before: standing?.before, terminal, store, env };
  const show = async (trusted: boolean, summary: string): Promise<void> => {
    const data = {
      path,
      trusted,
      changed: of.before !== undefined,
      reach: (await reachOf(loaded)).map((one) => ({ ...one, environment: one.environment ?? null })),
    };
    await showFinding(terminal, { verdict: trusted ? 'ok' : 'warn', summary, data }, output);
  };
  if (dryRun) {
    if (output === 'text') for (const line of await meaning(of)) terminal.data(line);
    return show(standing === undefined, `${path} ${of.reason}`);
  }
  if (!standing) return show(true, `${path} is trusted already, with the text that it has now`);
  if (yes) {
    for (const line of await meaning(of)) terminal.say(line);
    await trust(of);
  } else if (terminal.interactive) await askToTrust(of);
  else
    throw new RunbookError('usage', `Whether to trust ${path} is a question, and there is no terminal to ask it at.`, {
      next: [`look at what it would do: rb trust --dry-run ${quoted(path)}`, `rb trust --yes ${quoted(path)}`],
    });
  return show(true, `${path} is trusted, as long as its text stays as it is; rb trust --revoke takes that back`);
};

import { referencesIn } from '../../config/references/reference-syntax.ts';
import type { Redactor } from '../../config/secrets/redaction.ts';
import { textsIn } from '../../config/references/texts.ts';

/**
 * Registers what the variables hold that a configuration refers to, also where this command uses none of them: the service's
 * own answers and logs may give away what only another command needs. Nothing is looked up outside of this process.
 */
export const registerVariables = (
  config: unknown,
  env: Readonly<Record<string, string | undefined>>,
  redactor: Pick<Redactor, 'add'>,
): void => {
  for (const { text } of textsIn(config))
    for (const { kind, target, name } of referencesIn(text)) {
      const value = kind === 'env' && Object.hasOwn(env, target) ? env[target] : undefined;
      if (value) redactor.add(name, value);
    }
};

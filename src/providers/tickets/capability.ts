import * as z from 'zod/mini';
import { commandShape } from '../../config/schema/argument-list.ts';
import { byProvider, httpUrl, mapping, optional, text, textLike } from '../../config/schema/leaf.ts';
import { secret } from '../../config/schema/secret.ts';
import { capabilityOf } from '../capability.ts';

const repository = () => textLike((value) => /^[\w.-]+\/[\w.-]+$/.test(value), 'a repository such as example/checkout');

export const capability = capabilityOf({
  schema: () =>
    byProvider(
      ['github', 'jira', 'command'],
      [
        mapping({ provider: z.literal('github'), repository: repository(), token: secret(text()) }),
        mapping({
          provider: z.literal('jira'),
          url: httpUrl(),
          project: text('the key of a project'),
          user: optional(text()),
          token: secret(text()),
        }),
        mapping({ provider: z.literal('command'), ...commandShape(['title']) }),
      ],
    ),
  example: `tickets: { provider: github, repository: example/checkout, token: "\${env:GITHUB_TOKEN}" }`,
  reaches: (config) =>
    config.provider === 'github' ? [{ does: 'contact', path: [], what: `GitHub: ${config.repository}` }] : [],
});

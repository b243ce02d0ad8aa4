import { commandShape } from '../../config/schema/argument-list.ts';
import { httpUrl, mapping, optional, text } from '../../config/schema/leaf.ts';
import { secret } from '../../config/schema/secret.ts';
import { capabilityOf } from '../capability.ts';

export const capability = capabilityOf({
  schema: () =>
    mapping({
      slack: optional(mapping({ webhook: secret(httpUrl()), channel: optional(text()) })),
      pagerduty: optional(
        mapping({
          token: optional(secret(text())),
          routingKey: optional(secret(text())),
          service: optional(text('the id of a service')),
        }),
      ),
      statuspage: optional(mapping({ token: secret(text()), page: text('the id of a page') })),
      webhook: optional(mapping({ url: secret(httpUrl()), token: optional(secret(text())) })),
      command: optional(mapping(commandShape(['summary']))),
    }),
  example: `notify:
  slack: { webhook: "\${env:SLACK_WEBHOOK_URL}", channel: "#ops" }`,
  reaches: ({ pagerduty, statuspage }) => [
    ...(pagerduty ? [{ does: 'contact' as const, path: ['pagerduty'], what: 'PagerDuty' }] : []),
    ...(statuspage ? [{ does: 'contact' as const, path: ['statuspage'], what: 'Statuspage' }] : []),
  ],
});

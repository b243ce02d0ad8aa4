import * as z from 'zod/mini';
import { commandShape } from '../../config/schema/argument-list.ts';
import { awsOf } from '../../config/schema/aws.ts';
import { byProvider, httpUrl, mapping, optional, text } from '../../config/schema/leaf.ts';
import { secret } from '../../config/schema/secret.ts';
import { capabilityOf, ofTheWorkload } from '../capability.ts';

export const capability = capabilityOf({
  schema: () =>
    byProvider(
      ['prometheus', 'kubernetes', 'cloudwatch', 'command'],
      [
        mapping({ provider: z.literal('prometheus'), url: httpUrl(), token: optional(secret(text())) }),
        mapping({ provider: z.literal('kubernetes') }),
        mapping({ provider: z.literal('cloudwatch'), region: text(), profile: optional(text()) }),
        mapping({ provider: z.literal('command'), ...commandShape() }),
      ],
    ),
  example: `metrics:
  provider: prometheus            # or: kubernetes, cloudwatch, command
  url: https://prometheus.example.com`,
  remarks: ({ provider }, beside) => ofTheWorkload('metrics', provider, beside),
  reaches: (config) => awsOf([], config),
});

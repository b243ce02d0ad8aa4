import * as z from 'zod/mini';
import { argumentList, commandShape, words } from './argument-list.ts';
import { amount, hostName, list, mapping, optional, text, textLike, whole, withDefault } from './leaf.ts';
import { byProvider } from './workload.ts';

const renew = () =>
  byProvider(
    ['certbot', 'cert-manager', 'acm', 'command'],
    [
      mapping({ provider: z.literal('certbot'), arguments: withDefault(words(), () => []) }),
      mapping({
        provider: z.literal('cert-manager'),
        /** Those of `workload` where they are left out. */
        context: optional(text('the name of a context')),
        namespace: optional(text('the name of a namespace')),
        certificate: text('the name of a Certificate'),
      }),
      mapping({
        provider: z.literal('acm'),
        region: text('a region such as eu-central-1'),
        profile: optional(text()),
        arn: textLike((value) => value.startsWith('arn:'), 'the ARN of a certificate'),
      }),
      mapping({ provider: z.literal('command'), ...commandShape }),
    ],
  );

export const certificates = () =>
  list(
    mapping({
      domain: hostName(),
      port: withDefault(whole('', { min: 1, max: 65_535 }), 443),
      warnDays: withDefault(amount('days'), 30),
      renew: optional(renew()),
      reload: optional(argumentList()),
      alertChannel: optional(text()),
    }),
    'a list of certificates',
  );

import * as z from 'zod/mini';
import { argumentList, commandShape, words } from '../../config/schema/argument-list.ts';
import { awsOf } from '../../config/schema/aws.ts';
import {
  amount,
  byProvider,
  hostName,
  list,
  mapping,
  optional,
  text,
  textLike,
  whole,
  withDefault,
} from '../../config/schema/leaf.ts';
import { capabilityOf } from '../capability.ts';
import type { Reached } from '../capability.ts';

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
      mapping({ provider: z.literal('command'), ...commandShape(['domain']) }),
    ],
  );

const schema = () =>
  list(
    mapping({
      domain: hostName(),
      port: withDefault(whole('', { min: 1, max: 65_535 }), 443),
      warnDays: withDefault(amount('days'), 30),
      renew: optional(renew()),
      reload: optional(argumentList(['domain'])),
      alertChannel: optional(text()),
    }),
    'a list of certificates',
  );

type Settings = z.output<ReturnType<typeof schema>>[number];

export const capability = capabilityOf({
  schema,
  example: `certificates:
  - domain: checkout.example.com
    renew: { provider: certbot, arguments: [--cert-name, checkout.example.com] }`,
  reaches: (config) => config.flatMap(reachedBy),
});

const reachedBy = ({ domain, port, renew }: Settings, index: number): readonly Reached[] => [
  { does: 'contact', path: [index, 'domain'], what: `${domain}:${port}` },
  ...(renew?.provider === 'certbot'
    ? [{ does: 'run' as const, path: [index, 'renew'], what: 'certbot', words: renew.arguments }]
    : []),
  ...(renew?.provider === 'cert-manager' && renew.context !== undefined
    ? [{ does: 'contact' as const, path: [index, 'renew'], what: `the context ${renew.context} of your kubeconfig` }]
    : []),
  ...awsOf([index, 'renew'], renew),
];

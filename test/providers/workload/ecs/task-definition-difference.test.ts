import { expect, test } from 'vitest';
import { difference } from '../../../../src/providers/workload/ecs/tasks/task-definition-difference.ts';

const app = (more: object) => ({ containerDefinitions: [{ name: 'app', image: 'shop:1', essential: true, ...more }] });

const registered = (revision: number) => ({
  ...app({}),
  revision,
  family: 'shop',
  taskDefinitionArn: `arn:aws:ecs:eu-central-1:111122223333:task-definition/shop:${revision}`,
  registeredAt: new Date(revision),
  registeredBy: `deployer-${revision}`,
  volumes: [],
});

test('registering it again makes no difference', () => {
  expect(difference(registered(1), registered(2))).toEqual([]);
});

test('image, size, variables, secrets: one line each, and no value of a variable', () => {
  const before = {
    ...app({
      environment: [
        { name: 'PASSWORD', value: 'hunter2' },
        { name: 'OLD', value: 'hunter2' },
      ],
    }),
    cpu: '256',
  };
  const after = {
    ...app({
      image: 'shop:2',
      environment: [{ name: 'PASSWORD', value: 'correct horse' }],
      secrets: [{ name: 'TOKEN', valueFrom: 'arn:aws:ssm:eu-central-1:111122223333:parameter/shop-token' }],
    }),
    cpu: '512',
  };
  expect(difference(before, after)).toEqual([
    '- app environment OLD: ...',
    '~ app environment PASSWORD: another value',
    '- app image: shop:1',
    '+ app image: shop:2',
    '+ app secret TOKEN: shop-token',
    '- cpu: 256',
    '+ cpu: 512',
  ]);
});

test('no value of a command line that its option names as secret', () => {
  const before = app({ command: ['serve', '--db-password=hunter2', '--level=info'] });
  const after = app({ command: ['serve', '--db-password=correct', '--level=info'] });
  expect(difference(before, after)).toEqual([
    '- app command: ["serve","--db-password=(not shown)","--level=info"]',
    '+ app command: ["serve","--db-password=(not shown)","--level=info"]',
  ]);
});

test('nor where the value is an argument of its own, has spaces in it, or stands within a line for a shell', () => {
  const before = app({
    command: ['serve', '--password', 'tiger', '--token=two words', 'sh -c "app --db-pass tiger --level info"'],
  });
  const after = app({ command: ['serve', '--password', '--level'] });
  expect(difference(before, after)).toEqual([
    '- app command: ["serve","--password","(not shown)","--token=(not shown)","sh -c \\"app --db-pass (not shown) --level info\\""]',
    '+ app command: ["serve","--password","--level"]',
  ]);
});

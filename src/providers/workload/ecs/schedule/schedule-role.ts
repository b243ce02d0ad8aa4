import { RunbookError } from '../../../../engine/errors.ts';

/** The role of scheduled restarts. Errors: `usage`, with a line to add, where the configuration names none or no role. */
export const requireRole = (role: string | undefined, account: string): string => {
  if (role !== undefined && /^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(role)) return role;
  throw new RunbookError(
    'usage',
    role === undefined
      ? 'scheduled restarts need a role that EventBridge Scheduler may use'
      : `restart.schedule.role is not the ARN of a role: ${role}`,
    {
      next: [
        `add to the environment in runbook.config.yaml: restart: { schedule: { role: "arn:aws:iam::${account}:role/rb-restart" } }`,
        'it trusts scheduler.amazonaws.com and may call ecs:UpdateService on this service',
      ],
    },
  );
};

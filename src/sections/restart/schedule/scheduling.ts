import { RunbookError } from '../../../engine/errors.ts';
import type { Scheduling, Workload } from '../../../providers/workload/port.ts';

/** What keeps the time for a workload. Errors: `usage` where its platform has nothing that does, with the way to do it. */
export const schedulingOf = (workload: Workload): Scheduling => {
  if (workload.scheduling) return workload.scheduling;
  throw new RunbookError(
    'usage',
    [
      'rb keeps no timer of its own, and the commands of this workload know none. A systemd timer does it:',
      ...timerExample.map((line) => `  ${line}`),
    ].join('\n'),
    { next: ['systemctl enable --now restart-service.timer'] },
  );
};

const timerExample = [
  '# /etc/systemd/system/restart-service.service',
  '[Service]',
  'Type=oneshot',
  'ExecStart=rb -c /etc/runbook.config.yaml restart --rolling --yes --reason "every 6h"',
  '',
  '# /etc/systemd/system/restart-service.timer',
  '[Timer]',
  'OnActiveSec=6h',
  'OnUnitActiveSec=6h',
  '[Install]',
  'WantedBy=timers.target',
];

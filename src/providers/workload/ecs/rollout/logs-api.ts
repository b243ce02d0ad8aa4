import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { AwsSession } from '../../../../clients/aws/session.ts';
import type { Call } from '../../port.ts';

/** Where a container writes to. */
export interface LogStream {
  readonly region: string;
  readonly group: string;
  readonly stream: string;
}

/** What is asked of CloudWatch Logs. Errors: those of `AwsSession`. */
export interface LogsApi {
  /** The last lines, the oldest of them first. */
  tail(from: LogStream, lines: number, call: Pick<Call, 'signal'>): Promise<readonly string[]>;
}

export const openLogsApi = (session: AwsSession): LogsApi => ({
  tail: async ({ region, group, stream }, limit, { signal }) => {
    const { reads } = await session.connect(
      'CloudWatch Logs',
      (settings) => new CloudWatchLogsClient({ ...settings, region }),
    );
    const input = { logGroupName: group, logStreamName: stream, limit, startFromHead: false };
    const answer = await session.read(
      'logs:GetLogEvents',
      () => reads.send(new GetLogEventsCommand(input), { abortSignal: signal }),
      { signal },
    );
    return (answer.events ?? []).map(({ message }) => message ?? '');
  },
});

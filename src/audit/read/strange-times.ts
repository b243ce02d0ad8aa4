/** What is strange about the times of a session, whatever the present time. ISO 8601, UTC. */
export interface StrangeTimes {
  /** The latest of all. */
  readonly latest?: string;
  /** The first place where time goes back by more than a clock is ever set by. */
  readonly back?: { readonly from: string; readonly to: string };
}

/** The clock of a host is set right now and then, and those of two hosts are never quite the same. */
const clockStepMs = 5 * 60_000;

/** Follows the times of a session's events in their order. */
export const clockOf = () => {
  let latest: string | undefined;
  let before: string | undefined;
  let back: StrangeTimes['back'];
  return {
    on: (at: string): void => {
      if (before !== undefined && Date.parse(at) < Date.parse(before) - clockStepMs) back ??= { from: before, to: at };
      if (latest === undefined || Date.parse(at) > Date.parse(latest)) latest = at;
      before = at;
    },
    found: (): StrangeTimes => ({ ...(latest !== undefined && { latest }), ...(back && { back }) }),
  };
};

/** Reported and no more: a wrong clock is not a forgery, and a forger has the right time. */
export const remarksOn = ({ latest, back }: StrangeTimes, now: Date): readonly string[] => [
  ...(latest !== undefined && Date.parse(latest) > now.getTime() + clockStepMs
    ? [`a time in it has not come yet (${latest})`]
    : []),
  ...(back ? [`its time goes backwards, from ${back.from} to ${back.to}`] : []),
];

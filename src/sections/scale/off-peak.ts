/** A daily window in local time; `from` after `to` crosses midnight. */
export interface OffPeakWindow {
  /** `HH:MM`, included. */
  readonly from: string;
  /** `HH:MM`, excluded. */
  readonly to: string;
  /** IANA name, such as Europe/Berlin. */
  readonly timeZone: string;
}

/** `HH:MM` on the wall clock of the zone: comparing wall clocks is what survives the change to summer time. */
export const wallClock = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);

export const isOffPeak = (window: OffPeakWindow, at: Date): boolean => {
  const now = wallClock(at, window.timeZone);
  return window.from <= window.to ? now >= window.from && now < window.to : now >= window.from || now < window.to;
};

/** Milliseconds since 1970 of what a structured log calls a time: ISO 8601, or a number of seconds, milliseconds, microseconds or nanoseconds. */
export const timeOf = (value: unknown): number | undefined => {
  if (typeof value === 'string' && !/^\d+(\.\d+)?$/.test(value)) return parsed(value);
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : Number.NaN;
  if (!Number.isFinite(number) || number <= 0) return undefined;
  if (number < 1e11) return number * 1000;
  if (number < 1e14) return number;
  return number < 1e17 ? number / 1e3 : number / 1e6;
};

const iso = /(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|UTC|[+-]\d\d:?\d\d)?/;
const access = /(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)/;
const syslog = /^(?:<\d+>)?([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d:\d\d)/;
const days = 86_400_000;

/** The time near the beginning of a plain line: ISO 8601, access log or syslog. Without a zone it is this machine's. */
export const timeIn = (line: string, now: Date): number | undefined => {
  const head = line.slice(0, 120);
  const byIso = iso.exec(head);
  if (byIso) {
    const [, date, time, fraction, zone] = byIso;
    const suffix = zone === undefined ? '' : zone === 'UTC' ? 'Z' : zone;
    return parsed(`${date}T${time}${fraction === undefined ? '' : `.${fraction.slice(0, 3)}`}${suffix}`);
  }
  const byAccess = access.exec(head);
  if (byAccess) {
    const [, day, month, year, time, hours, minutes] = byAccess;
    return parsed(`${day} ${month} ${year} ${time} ${hours}${minutes}`);
  }
  const bySyslog = syslog.exec(head);
  if (!bySyslog) return undefined;
  const [, month, day, time] = bySyslog;
  const thisYear = parsed(`${day} ${month} ${now.getFullYear()} ${time}`);
  // Syslog has no year: in January, December was last year.
  return thisYear !== undefined && thisYear - now.getTime() > days
    ? parsed(`${day} ${month} ${now.getFullYear() - 1} ${time}`)
    : thisYear;
};

const parsed = (text: string): number | undefined => {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
};

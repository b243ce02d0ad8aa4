/**
 * Is this the name of a time zone in the time zone database? An offset such as `+02:00` is not: it does not survive the change
 * to winter time. The first question to the runtime takes 15 ms; a configuration that was checked before is not checked again.
 */
export const isTimeZone = (value: string): boolean => {
  if (!/^[A-Za-z]/.test(value)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};

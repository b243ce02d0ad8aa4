/** `1 session`, `2 sessions`. */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${grouped(count)} ${count === 1 ? one : several}`;

/** `1 234 567`: readable at a glance, and not to be taken for a decimal point or comma anywhere. */
export const grouped = (count: number): string => String(Math.round(count)).replace(/\B(?=(?:\d{3}){1,10}$)/g, ' ');

/** `37 %`; below one percent with a digit: `0.4 %`. */
export const percent = (share: number): string => {
  const value = share * 100;
  if (value > 0 && value < 0.1) return '<0.1 %';
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`;
};

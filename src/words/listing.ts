/** "a", "a and b", "a, b and c"; "a, b and 3 more" where there are more than `most`. */
export const listing = (names: readonly string[], most = 8): string => {
  if (names.length > most) return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
  return names.length < 2 ? (names[0] ?? 'none') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
};

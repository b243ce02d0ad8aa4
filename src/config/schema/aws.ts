/** What AWS is asked by: a section with a region, perhaps with a profile of the credentials. For whoever decides whether to trust it. */
export const awsOf = (path: readonly (string | number)[], section: object | undefined) => {
  if (section === undefined || !('region' in section)) return [];
  const profile = 'profile' in section ? ` with your profile ${String(section.profile)}` : '';
  return [{ does: 'contact' as const, path, what: `AWS in ${String(section.region)}${profile}` }];
};

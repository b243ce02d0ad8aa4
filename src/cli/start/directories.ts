/** The directory that the process is in; undefined where it was removed. */
export const presentDirectory = (): string | undefined => {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
};

/** A user without a name has no home either, unless HOME says one: then nothing can be kept there, which is reported where it matters. */
export const homeDirectory = (): string => {
  try {
    // Not imported: `rb --version` does without it.
    return process.getBuiltinModule('node:os').homedir();
  } catch {
    return '/';
  }
};

/** The checksum of the build, which `scripts/build-id.ts` puts here; undefined if the program is not built: its parts change one by one. */
export const build: string | undefined = undefined;

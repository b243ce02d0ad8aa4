/** What a session is about; the same on each of its records. */
export interface Subject {
  readonly service: string;
  readonly environment: string;
  /** A protected environment asks for more at tier 2; see `confirmation.ts`. */
  readonly protected: boolean;
}

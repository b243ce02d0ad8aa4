/** In a dry run: what a step reads is not there, because only a change, an answer or a watch would give it. Ends the planning of a branch. */
export class DependsOn extends Error {
  override readonly name = 'DependsOn';
  /** The title of the step that would give it. */
  readonly on: string;

  constructor(on: string) {
    super(`depends on "${on}"`);
    this.on = on;
  }
}

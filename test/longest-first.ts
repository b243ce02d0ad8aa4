import { relative } from 'node:path';
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';
import { secondsOf } from './durations.ts';
import { layer } from './layers.ts';

/** A long file that begins last leaves a core idle until it ends. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const seconds = ({ moduleId }: TestSpecification) => secondsOf(layer, relative(this.ctx.config.root, moduleId));
    return files.toSorted((one, other) => seconds(other) - seconds(one) || one.moduleId.localeCompare(other.moduleId));
  }
}

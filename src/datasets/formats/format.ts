import type { Film, LabeledClip } from '../clip.ts';
import type { Folder } from '../folder.ts';
import type { Problems } from '../problems.ts';

/** What the annotations of a folder say, and what is wrong with them. */
export interface DataSet {
  /** Name of the format. */
  readonly format: string;
  /** Absolute path of the folder. */
  readonly root: string;
  readonly clips: readonly LabeledClip[];
  /** Films that are described; empty when the format describes none. */
  readonly films: readonly Film[];
  /** Annotation files that were read, relative to the root. */
  readonly files: readonly string[];
  /** True for films rendered by `affectline dataset synthesize`. */
  readonly synthetic: boolean;
  readonly problems: Problems;
}

/**
 * One way to store labeled clips; a file each.
 * `read` reports what it cannot read as problems, with file and line, and leaves nothing out silently.
 */
export interface LabelFormat {
  readonly name: string;
  /** What it is, and the file it is known by. */
  readonly description: string;
  recognizes(folder: Folder): boolean;
  read(folder: Folder): Omit<DataSet, 'format' | 'root' | 'synthetic'>;
}

import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { InputError } from '../support/errors.ts';
import { decodedText } from './text.ts';

const mebibyte = 2 ** 20;
/** 9,800 lines of LIRIS-ACCEDE take 0.7 MiB, its description 3 MiB. */
const largestFile = 64 * mebibyte;
const mostEntries = 200_000;

/** A data set's folder. Nothing outside it is ever read, whatever its annotation files and links say. */
export class Folder {
  /** Absolute, without symbolic links. */
  readonly root: string;
  /** Links that lead out of the folder or nowhere; they are not followed. */
  readonly linksOutside: string[] = [];
  private readonly entries: string[];
  private known: Set<string> | undefined;

  /** @param onlyFile a file in the folder, when nothing else of it is wanted. */
  constructor(path: string, onlyFile?: string) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory())
      throw new InputError(`'${path}' is not a folder; a data set's folder is expected`);
    this.root = realpathSync(path);
    this.entries = onlyFile === undefined ? this.list('', 3) : [onlyFile];
  }

  /** Paths of all files down to some depth, shallow ones first, relative to the root. */
  private list(folder: string, depth: number): string[] {
    const files: string[] = [];
    const folders: string[] = [];
    for (const entry of readdirSync(join(this.root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      const link = entry.isSymbolicLink();
      if (link && !this.contains(path)) {
        this.linksOutside.push(path);
        continue;
      }
      const folderEntry = link ? statSync(join(this.root, path)).isDirectory() : entry.isDirectory();
      (folderEntry ? folders : files).push(path);
    }
    if (files.length > mostEntries)
      throw new InputError(`'${join(this.root, folder)}' holds more than ${mostEntries} files`);
    if (depth > 0) for (const path of folders) files.push(...this.list(path, depth - 1));
    return files;
  }

  private contains(path: string): boolean {
    try {
      return inside(this.root, realpathSync(join(this.root, path)));
    } catch {
      return false; // a link that leads nowhere
    }
  }

  /** Where a file of this name lies, relative to the root; up to three folders deep, the shallowest first. */
  find(name: string): string | undefined {
    return this.entries.find((path) => path === name || path.endsWith(sep + name));
  }

  /** Every file whose path matches, relative to the root, in the order of their names. */
  matching(pattern: RegExp): string[] {
    return this.entries
      .filter((path) => pattern.test(path))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  }

  /** Whether a file is there; `path` is relative to the root. */
  hasEntry(path: string): boolean {
    return this.has(join(this.root, path));
  }

  /** Whether a file is there; `path` is absolute. */
  has(path: string): boolean {
    this.known ??= new Set(this.entries);
    const entry = relative(this.root, path);
    if (this.known.has(entry)) return true;
    return existsSync(path) && this.contains(entry) && statSync(path).isFile();
  }

  /** Its lines end in LF, whatever the file's encoding. @throws InputError when it is larger than any real annotation file. */
  text(path: string): string {
    return decodedText(this.bytes(path));
  }

  /** @throws InputError when it is larger than any real annotation file. */
  bytes(path: string): Uint8Array {
    const absolute = this.absolute(path);
    const status = statSync(absolute);
    if (!status.isFile()) throw new InputError(`${path} is not a file`);
    const { size } = status;
    if (size > largestFile)
      throw new InputError(
        `${path} has ${Math.round(size / mebibyte)} MiB; annotations have at most ${largestFile / mebibyte} MiB`,
      );
    return readFileSync(absolute);
  }

  /** @throws InputError when the path leads out of the folder. */
  absolute(path: string): string {
    const absolute = resolve(this.root, path);
    if (!inside(this.root, absolute))
      throw new InputError(`path '${path}' leads out of the data set's folder`);
    return absolute;
  }
}

function inside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

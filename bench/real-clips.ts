// Real clips of Debian's packages opencv-doc and forensics-samples-files, and what ffmpeg makes of them.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const opencv = '/usr/share/doc/opencv-doc/examples/data';
const forensics = '/usr/share/forensics-samples/original-files';
const files = [
  [opencv, 'Megamind.avi', 8],
  [opencv, 'vtest.avi', 20],
  [opencv, 'tree.avi', 0],
  [forensics, 'movie1/VID_20191220_170832.mp4', 0],
  [forensics, 'movie2/movie-hello.mp4', 0],
  [opencv, 'Megamind.avi', 0],
] as const;

/** A clip of at most eight seconds, with little lost in coding. */
export interface RealClip {
  name: string;
  path: string;
  hasSound: boolean;
}

/** @param out the folder where the clips are put. */
export function realClips(out: string): RealClip[] {
  return files.map(([folder, name, start], i) => {
    const source = join(folder, name);
    if (!existsSync(source))
      throw new Error(`${source} is missing; install Debian's opencv-doc and forensics-samples-files`);
    const path = join(out, `clip-${i}.mkv`);
    ffmpeg('-ss', `${start}`, '-i', source, '-t', '8', ...lossless, path);
    const streams = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_type', path]);
    return { name: `${name.split('/').at(-1)} ${start}`, path, hasSound: String(streams).includes('audio') };
  });
}

/** Coding that changes next to nothing. */
export const lossless = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '8', '-c:a', 'pcm_s16le'];

export function ffmpeg(...options: string[]): void {
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

// Sixty damaged files, in both decoders: each must give an answer or a clear error, and none may crash or hang.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DecoderName, openMedia } from '../src/media/index.ts';
import { InputError } from '../src/support/errors.ts';
import { describeMachine } from '../src/support/machine.ts';
import { Random } from '../src/support/random.ts';

const fileCount = 60;
const longestSeconds = 60;
const folder = mkdtempSync(join(tmpdir(), 'affectline-bench-'));
const sources = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:d=4', '-f', 'lavfi', '-i', 'sine=d=4'];
const formats: Record<string, string[]> = {
  'h264.mp4': ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-movflags', '+faststart'],
  'hevc.mkv': ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-c:a', 'flac'],
  'vp9.webm': ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-c:a', 'libopus'],
  'mpeg4.avi': ['-c:v', 'mpeg4', '-c:a', 'ac3'],
  'h264.ts': ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'mp2'],
  'theora.ogg': ['-c:v', 'libtheora', '-c:a', 'libvorbis'],
};
for (const [name, codec] of Object.entries(formats)) {
  execFileSync('ffmpeg', ['-v', 'error', ...sources, ...codec, join(folder, name)], { stdio: 'ignore' });
}

/** Flipped bits, a missing tail, zeroed or repeated stretches: a little or a lot of each. */
function damage(bytes: Buffer, random: Random): Buffer {
  const at = () => random.integer(bytes.length);
  switch (random.integer(4)) {
    case 0:
      return bytes.subarray(0, at());
    case 1:
      return bytes.fill(0, at(), at());
    case 2:
      bytes.copy(bytes, at(), at(), at());
      return bytes;
    default:
      for (let flips = 10 ** (1 + random.integer(4)); flips > 0; flips--) {
        const place = at();
        bytes[place] = bytes[place]! ^ (1 << random.integer(8));
      }
      return bytes;
  }
}

async function outcome(path: string, decoder: DecoderName): Promise<string> {
  const late = AbortSignal.timeout(longestSeconds * 1000);
  try {
    const media = await openMedia(path, { decoder, signal: late });
    for await (const _item of media);
    const { coverage, problems } = media.summary();
    if (problems.some((problem) => /crashed/.test(problem))) return 'crashes';
    return coverage > 0.99 ? 'whole' : 'in part';
  } catch (error) {
    if (late.aborted || /hung/.test(String(error))) return 'hangs';
    if (!(error instanceof InputError)) throw error;
    return /crashed/.test(error.message) ? 'crashes' : 'refused';
  }
}

const rows = [];
for (const decoder of ['node-av', 'ffmpeg'] as const) {
  const random = Random.seeded(60);
  const count: Record<string, number> = { whole: 0, 'in part': 0, refused: 0, crashes: 0, hangs: 0 };
  for (let i = 0; i < fileCount; i++) {
    const name = Object.keys(formats)[i % Object.keys(formats).length]!;
    const path = join(folder, `damaged-${name}`);
    writeFileSync(path, damage(readFileSync(join(folder, name)), random));
    const result = await outcome(path, decoder);
    count[result] = (count[result] ?? 0) + 1;
  }
  rows.push({ decoder, ...count, goal: '0 crashes, 0 hangs' });
}
rmSync(folder, { recursive: true });
console.log(`${fileCount} damaged files · ${describeMachine()}`);
console.table(rows);

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { type DecoderName, openMedia } from '../src/media/index.ts';
import { InputError } from '../src/support/errors.ts';
import { sampleRate } from '../src/support/sound.ts';

export interface CorpusFilm {
  path: string;
  name: string;
  /** Container and codecs. */
  pair: string;
}

/** Containers with the codecs that are put into them: `container: picture+sound …`. */
const made: Record<string, string> = {
  mp4: 'libx264+aac libx265+ac3 mpeg4+libmp3lame libx264+alac libx264+-',
  mov: 'libx264+pcm_s16le prores_ks+pcm_s24le mjpeg+pcm_f32le qtrle+aac',
  mkv: 'libx264+flac ffv1+pcm_s16le mpeg2video+mp2 libvpx+libvorbis libx265+libopus huffyuv+ac3',
  webm: 'libvpx+libvorbis libvpx-vp9+libopus libvpx+-',
  avi: 'mpeg4+libmp3lame mjpeg+pcm_s16le msmpeg4v2+ac3 huffyuv+adpcm_ms',
  ts: 'libx264+aac mpeg2video+mp2 libx265+ac3',
  mpg: 'mpeg1video+mp2 mpeg2video+ac3',
  flv: 'flv+libmp3lame libx264+aac flashsv+-',
  asf: 'wmv2+wmav2 msmpeg4+libmp3lame wmv1+wmav1',
  ogv: 'libtheora+libvorbis libtheora+libopus',
  nut: 'ffv1+flac mpeg4+aac',
  mxf: 'mpeg2video+pcm_s16le',
  gif: 'gif+-',
  apng: 'apng+-',
  y4m: 'wrapped_avframe+-',
  '3gp': 'h263+aac',
  wav: '-+pcm_s16le -+pcm_f32le -+adpcm_ima_wav',
  mp3: '-+libmp3lame',
  m4a: '-+aac -+alac',
  ogg: '-+libvorbis -+libopus',
  flac: '-+flac',
  aiff: '-+pcm_s16be',
  wv: '-+wavpack',
  tta: '-+tta',
  au: '-+pcm_s16be',
  caf: '-+pcm_s16le',
};

/** Length in seconds, frames a second, size, channels, samples a second. */
const shapes = [
  [3, '25', '160x120', 2, 44_100],
  [4, '30000/1001', '176x144', 1, 48_000],
  [6, '10', '128x96', 2, 22_050],
  [2, '50', '192x108', 2, 48_000],
  [5, '24', '352x288', 1, 32_000],
  [2, '15', '96x64', 1, 44_100],
] as const;

/** Makes every pair in every shape; what this ffmpeg cannot make is left out. @param some every so many of them. */
export function madeFilms(folder: string, some = 1): CorpusFilm[] {
  const films: CorpusFilm[] = [];
  const wanted = Object.entries(made).flatMap(([container, codecs]) =>
    codecs.split(' ').flatMap((pair) => shapes.map((shape, index) => ({ container, pair, shape, index }))),
  );
  for (const [number, { container, pair, shape, index }] of wanted.entries()) {
    if (number % some !== 0) continue;
    const [picture, sound] = pair.split('+');
    const [seconds, given, givenSize, channels, givenSamples] = shape;
    const rate = ['mpg', 'mxf'].includes(container) || picture?.startsWith('mpeg2') ? '25' : given;
    const size = picture === 'h263' ? '176x144' : givenSize;
    const samples = limitedSampleRate(sound!, givenSamples);
    const path = join(folder, `${pair.replace('+', '-')}-${index}.${container}`);
    const arguments_ = [
      ...['-v', 'error', '-nostdin', '-y'],
      ...(picture === '-' ? [] : ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`]),
      ...(sound === '-'
        ? []
        : ['-f', 'lavfi', '-i', `anoisesrc=a=.3:d=${seconds}:r=${samples}:seed=${index}`]),
      ...(picture === '-' ? [] : ['-c:v', picture!, ...pictureOptions(picture!)]),
      ...(sound === '-' ? [] : ['-c:a', sound!, '-ac', `${channels}`, '-strict', '-2']),
      ...(container === 'y4m' ? ['-f', 'yuv4mpegpipe'] : []),
    ];
    if (spawnSync('ffmpeg', [...arguments_, path]).status !== 0) continue;
    films.push({ path, name: basename(path), pair: `${container} ${pair}` });
  }
  return films;
}

function pictureOptions(codec: string): string[] {
  const fast: Record<string, string[]> = {
    libx264: ['-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
    libx265: ['-preset', 'ultrafast', '-pix_fmt', 'yuv420p10le', '-x265-params', 'log-level=none'],
    'libvpx-vp9': ['-deadline', 'realtime', '-cpu-used', '8'],
    libvpx: ['-deadline', 'realtime', '-cpu-used', '8'],
    mjpeg: ['-pix_fmt', 'yuvj420p'],
    wrapped_avframe: ['-pix_fmt', 'yuv420p'],
  };
  return fast[codec] ?? [];
}

function limitedSampleRate(codec: string, samples: number): number {
  if (codec === 'libopus') return 48_000;
  if (['mp2', 'ac3', 'wmav1', 'wmav2'].includes(codec)) return samples < 32_000 ? 44_100 : samples;
  return samples;
}

const packages = [
  '/usr/share/forensics-samples/original-files',
  '/usr/share/doc/opencv-doc/examples/data',
  '/usr/share/kivy-examples',
  '/usr/share/help/C',
];
const endings = '.mp4 .avi .mpeg .mpg .ogg .ogv .webm .mkv .mov .mp3 .wav .gif'.split(' ');

/** The films that Debian's packages brought, where they are installed. */
export function packagedFilms(): CorpusFilm[] {
  return packages.filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && endings.includes(extname(entry.name).toLowerCase()))
      .map((entry) => ({
        path: join(entry.parentPath, entry.name),
        name: entry.name,
        pair: `packaged ${extname(entry.name).slice(1)}`,
      })),
  );
}

/** Cut to 60 %, and zeroed from 40 % to 60 %: the first shape of every pair whose container can show it. */
export function* damagedFilms(films: readonly CorpusFilm[], folder: string): Generator<string> {
  const silent = /^(y4m|mp3|au|tta|wv|ts|mpg|nut|mxf) |pcm|adpcm|^packaged/; // docs/media.md says why
  for (const { path, name, pair } of films) {
    if (silent.test(pair) || !/-0\.\w+$/.test(name)) continue;
    const bytes = readFileSync(path);
    const cut = join(folder, `cut-${name}`);
    writeFileSync(cut, bytes.subarray(0, 0.6 * bytes.length));
    yield cut;
    const zeroed = join(folder, `zeroed-${name}`);
    writeFileSync(
      zeroed,
      Buffer.from(bytes).fill(0, Math.floor(0.4 * bytes.length), Math.floor(0.6 * bytes.length)),
    );
    yield zeroed;
  }
}

/** Coverage, or 0 where the file is refused. A notice that it is cut counts as flagged. */
export async function shareDecoded(path: string, decoder: DecoderName): Promise<number> {
  try {
    const media = await openMedia(path, { decoder, shortSide: 32 });
    for await (const _item of media);
    const { coverage, notices } = media.summary();
    return Math.min(coverage, notices.some((notice) => notice.includes('ends in the middle')) ? 0.99 : 1);
  } catch (error) {
    if (error instanceof InputError) return 0;
    throw error;
  }
}

export interface Comparison {
  /** What differs from ffmpeg by more than a frame, a tenth of a second, or two per cent of loudness. */
  differences: string[];
  coverage: number;
}

export async function compareWithFfmpeg(path: string, decoder: DecoderName): Promise<Comparison> {
  const media = await openMedia(path, { decoder, shortSide: 32, rgbEvery: 0 });
  const chunks: Float32Array[] = [];
  let frames = 0;
  for await (const item of media) {
    if (item.kind === 'audio') chunks.push(item.chunk.samples);
    else frames++;
  }
  const { coverage, videoTrack, audioTrack } = media.summary();
  const differences: string[] = [];
  if (videoTrack) {
    const expected = framesOf(path, videoTrack.track - 1);
    if (Math.abs(expected - frames) > 1) differences.push(`${frames} frames, not ${expected}`);
  }
  if (audioTrack) {
    const ours = loudnessBySecond(Float32Array.from(chunks.flatMap((chunk) => [...chunk])));
    const theirs = loudnessBySecond(soundOf(path, audioTrack.track - 1));
    if (Math.abs(ours.seconds - theirs.seconds) > 0.1)
      differences.push(`${ours.seconds.toFixed(2)} s of sound, not ${theirs.seconds.toFixed(2)}`);
    // a last second that is whole in one of them alone is a matter of the length
    const off = theirs.loudness
      .slice(0, ours.loudness.length)
      .findIndex((loudness, second) => Math.abs(ours.loudness[second]! - loudness) > 0.02 * loudness + 1e-4);
    if (off >= 0)
      differences.push(
        `loudness ${ours.loudness[off]?.toFixed(4)} in second ${off}, not ${theirs.loudness[off]!.toFixed(4)}`,
      );
  }
  return { differences, coverage };
}

function framesOf(path: string, track: number): number {
  const options = ['-v', 'quiet', '-count_frames', '-select_streams', `V:${track}`];
  const shown = ['-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', path];
  return Number.parseInt(execFileSync('ffprobe', [...options, ...shown], { encoding: 'utf8' }), 10);
}

/** The sound as ffmpeg lays it out, from the film's start. */
function soundOf(path: string, track: number): Float32Array {
  const filter = `aresample=${sampleRate}:rematrix_maxval=1.0:async=1:first_pts=0,aformat=sample_fmts=flt:channel_layouts=mono`;
  const options = ['-v', 'quiet', '-nostdin', '-i', path, '-map', `0:a:${track}`, '-af', filter];
  const { stdout } = spawnSync('ffmpeg', [...options, '-f', 'f32le', 'pipe:1'], { maxBuffer: 2 ** 29 });
  return new Float32Array(
    stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + 4 * (stdout.length >> 2)),
  );
}

/** The root mean square of each whole second. */
function loudnessBySecond(samples: Float32Array): { seconds: number; loudness: number[] } {
  const whole = Math.floor(samples.length / sampleRate);
  const loudness = Array.from({ length: whole }, (_, second) => {
    const part = samples.subarray(second * sampleRate, (second + 1) * sampleRate);
    return Math.sqrt(part.reduce((sum, sample) => sum + sample * sample, 0) / sampleRate);
  });
  return { seconds: samples.length / sampleRate, loudness };
}

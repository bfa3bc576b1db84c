import type { Readable } from 'node:stream';
import { candidates, isAudible, listeningFilter, listeningSeconds, silent, undecodable } from './choice.ts';
import type { FileDescription, StreamDescription } from './description.ts';
import { inputLimits, said } from './ffprobe.ts';
import { decodingLimits, probeLimits } from './limits.ts';
import type { DecodingRequest, Tracks } from './plan.ts';
import { startChild } from './process.ts';

/** The best tracks that the system's ffmpeg can decode; of several with sound the first that is not silent. */
export async function chooseTracks(
  path: string,
  file: FileDescription,
  request: DecodingRequest,
  signal: AbortSignal | undefined,
): Promise<Tracks> {
  const decoders = await decodableCodecs(signal);
  const notices: string[] = [];
  const decodable = (candidate: StreamDescription) => {
    if (decoders.has(candidate.codec)) return true;
    notices.push(undecodable(file, candidate));
    return false;
  };
  const [picture] = candidates(file, 'video', request.videoTrack).filter(decodable);
  const sounds = candidates(file, 'audio', request.audioTrack).filter(decodable);
  let heard = sounds.length > 1 && request.sound ? undefined : sounds[0];
  for (const sound of sounds) {
    if (!heard && (await isHeard(path, sound.index, signal))) heard = sound;
  }
  if (heard && heard !== sounds[0]) notices.push(silent(file, sounds[0]!, heard));
  return { picture, sound: heard ?? sounds[0], notices };
}

let codecs: Set<string> | undefined;

/** The names of all codecs that ffmpeg can decode. */
async function decodableCodecs(signal: AbortSignal | undefined): Promise<Set<string>> {
  if (codecs) return codecs;
  const child = startChild('ffmpeg', ['-v', 'error', '-codecs'], {
    descriptors: ['ignore', 'pipe', 'ignore'],
    limits: probeLimits,
    signal,
  });
  try {
    const list = await said(child.pipes[1] as Readable);
    const how = await child.exit;
    // a list that was cut short must not be kept for the films that follow
    signal?.throwIfAborted();
    if (how !== 'exit code 0') throw new Error(`ffmpeg does not list its codecs (${how})`);
    codecs = new Set([...list.matchAll(/^ D\S{5} (\S+)/gm)].map(([, codec]) => codec!));
    return codecs;
  } finally {
    await child.close();
  }
}

/** Whether a sound track holds anything but silence, as far as it is listened to. */
async function isHeard(path: string, index: number, signal: AbortSignal | undefined): Promise<boolean> {
  const options = [
    ...['-v', 'quiet', '-nostdin', ...inputLimits, '-t', `${listeningSeconds}`, '-i', `file:${path}`],
    ...['-map', `0:${index}`, '-af', listeningFilter, '-f', 'f32le', 'pipe:1'],
  ];
  const child = startChild('ffmpeg', options, {
    descriptors: ['ignore', 'pipe', 'ignore'],
    limits: decodingLimits(listeningSeconds, 0),
    signal,
  });
  let rest = Buffer.alloc(0);
  try {
    for await (const chunk of child.pipes[1] as Readable) {
      const bytes = Buffer.concat([rest, chunk as Buffer]);
      const whole = bytes.length - (bytes.length % 4);
      if (isAudible(new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + whole))))
        return true;
      rest = bytes.subarray(whole);
    }
    return false;
  } finally {
    await child.close();
  }
}

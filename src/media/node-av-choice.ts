import { AVDISCARD_ALL } from 'node-av/constants';
import { Packet, type Stream } from 'node-av/lib';
import { candidates, isAudible, listeningFilter, listeningSeconds, silent, undecodable } from './choice.ts';
import type { FileDescription, StreamDescription } from './description.ts';
import { maximumEnds, open, seconds } from './node-av-file.ts';
import { FrameFilter } from './node-av-filter.ts';
import { DecodedTrack, type Output, openCodec, withKnownLayout } from './node-av-track.ts';
import { type DecodingRequest, isOversized, type Tracks } from './plan.ts';

/** The best tracks that can be decoded; of several with sound the first that is not silent. */
export function chooseTracks(
  path: string,
  file: FileDescription,
  streams: Stream[],
  request: DecodingRequest,
): Tracks {
  const notices: string[] = [];
  const decodable = (candidate: StreamDescription) => {
    if (isOversized(candidate)) return true; // the plan says why it is refused
    try {
      openCodec(streams.find(({ index }) => index === candidate.index)!, 1).freeContext();
      return true;
    } catch {
      notices.push(undecodable(file, candidate));
      return false;
    }
  };
  const [picture] = candidates(file, 'video', request.videoTrack).filter(decodable);
  const sounds = candidates(file, 'audio', request.audioTrack).filter(decodable);
  const heard =
    sounds.length > 1 && request.sound ? sounds.find(({ index }) => isHeard(path, index)) : sounds[0];
  if (heard && heard !== sounds[0]) notices.push(silent(file, sounds[0]!, heard));
  return { picture, sound: heard ?? sounds[0], notices };
}

/** Whether a sound track holds anything but silence, as far as it is listened to. */
function isHeard(path: string, index: number): boolean {
  const file = open(path);
  let heard = false;
  let reached = 0;
  const filter = new FrameFilter(listeningFilter);
  const listen: Output = (frame, time) => {
    if (!frame) return filter.close();
    reached = Math.max(reached, time);
    for (const samples of filter.process(withKnownLayout(frame))) {
      heard ||= isAudible(floats(samples.toBuffer()));
      samples.free();
    }
  };
  try {
    for (const stream of file.streams) if (stream.index !== index) stream.discard = AVDISCARD_ALL;
    const stream = file.streams.find((candidate) => candidate.index === index)!;
    const track = new DecodedTrack(
      stream,
      seconds(stream.startTime, stream.timeBase) || 0,
      listen,
      { threads: 1, keyFramesOnly: false },
      () => {},
    );
    const packet = new Packet();
    packet.alloc();
    for (let failures = 0; !heard && reached < listeningSeconds && failures < maximumEnds; ) {
      if (file.readFrameSync(packet) < 0) failures++;
      else if (packet.streamIndex === index && packet.size > 0) track.send(packet);
      packet.unref();
    }
    track.end();
    packet.free();
  } finally {
    file.closeInputSync();
  }
  return heard;
}

function floats({ buffer, byteOffset, length }: Buffer): Float32Array {
  return new Float32Array(buffer.slice(byteOffset, byteOffset + length));
}

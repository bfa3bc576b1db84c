import type { Segment } from '../clips/index.ts';
import { inputShape, type Network } from '../models/index.ts';
import { type Material, restingField, streamNamed, writeInput } from '../streams/index.ts';
import { elementCount, type Tensor } from '../support/tensor.ts';
import type { ClipExcerpt, ExcerptSize } from './excerpts.ts';

/**
 * What excerpts show, as inputs of streams, of the shapes that `inputShape` says. A moment without motion is at rest; of a
 * clip without sound the waveform is zeros.
 *
 * @param streams which of the network's to make inputs of.
 */
export async function readStreams(
  excerpts: readonly ClipExcerpt[],
  size: ExcerptSize,
  network: Network,
  streams: readonly string[],
): Promise<Record<string, Tensor>> {
  const { moments, fields, samples } = size;
  const batch = { clips: excerpts.length, frames: moments, pairs: fields, samples };
  const targets = streams.map((name) => {
    const shape = inputShape(network, name, batch);
    const tensor: Tensor = { shape, data: new Float32Array(elementCount(shape)) };
    const length = tensor.data.length / shape[0]!;
    return {
      ...{ name, tensor, of: { stream: name, backbone: network.backbone[name] } },
      takes: streamNamed(name).takes,
      item: (index: number) => tensor.data.subarray(index * length, (index + 1) * length),
    };
  });
  const taking = (material: Material) => targets.filter(({ takes }) => takes === material);
  const wanted = { frame: taking('frame').length > 0, pair: taking('pair').length > 0 };
  const looks = wanted.frame || wanted.pair || taking('faces').length > 0;

  await Promise.all(
    excerpts.map(async ({ clip, excerpt }, row) => {
      const look = ({ picture, fields: found, faces }: Segment, moment: number) => {
        const view = { width: clip.width, height: clip.height, crop: excerpt.moments[moment]!.crop };
        const place = row * moments + moment;
        for (const { of, item } of taking('frame')) writeInput<'frame'>(of, picture, view, item(place));
        for (const { of, item } of taking('faces')) writeInput<'faces'>(of, faces!, undefined, item(place));
        for (const { of, item } of taking('pair'))
          for (let f = 0; f < fields; f++) {
            const field = found[excerpt.moments[moment]!.fields[f] ?? -1] ?? restingField;
            writeInput<'pair'>(of, field, view, item(place * fields + f));
          }
      };
      if (looks) {
        const indices = excerpt.moments.map(({ index }) => index);
        (await clip.segments(indices, wanted)).forEach(look);
      }
      if (taking('waveform').length > 0 && clip.sampleCount > 0) {
        const start = Math.max(0, excerpt.soundStart);
        const end = Math.min(clip.sampleCount, excerpt.soundStart + samples);
        const heard = new Float32Array(samples);
        heard.set(await clip.waveform(start, end), start - excerpt.soundStart);
        for (const { of, item } of taking('waveform'))
          writeInput<'waveform'>(of, heard, undefined, item(row));
      }
    }),
  );
  return Object.fromEntries(targets.map(({ name, tensor }) => [name, tensor]));
}

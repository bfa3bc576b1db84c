import { type Crop, cropPicture } from './crop.ts';
import { cropField, emptyField } from './crop-field.ts';
import type { Field, Material, Materials, Picture } from './material.ts';
import { backboneOf, streamNamed } from './registry.ts';

/** Where crops of fields are put, one after the other: who writes has done with one when it returns. */
let room = emptyField(1);

/**
 * Writes what one stream sees or hears into its input, in training and analysis alike: the crop, then the stream's own
 * normalization.
 *
 * @param material whole: a frame, a field of such a frame, a waveform, or what is known of faces.
 * @param view where to look: the frame's size and the square of it; a waveform and faces need none.
 * @param input receives the numbers of one item of the stream's input.
 */
export function writeInput<Of extends Material>(
  { stream, backbone }: { readonly stream: string; readonly backbone?: string | undefined },
  material: Materials[Of],
  view: { readonly width: number; readonly height: number; readonly crop: Crop } | undefined,
  input: Float32Array,
): void {
  const { takes } = streamNamed(stream);
  const network = backboneOf(stream, backbone);
  if (takes === 'waveform' || takes === 'faces') network.write(material, input);
  else if (!view) throw new TypeError('internal: a frame without a crop');
  else if (takes === 'frame') network.write(cropPicture(material as Picture, view.crop), input);
  else {
    if (room.width !== view.crop.side) room = emptyField(view.crop.side);
    network.write(cropField(material as Field, view, view.crop, room), input);
  }
}

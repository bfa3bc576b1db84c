import { faceNumbers } from '../faces/index.ts';
import type { Backbone, Stream } from './stream.ts';

/**
 * The numbers as they are: the fusion, which follows, and the regression learn what they say. They are made of the whole
 * frame, whatever square of it the other streams see, by networks that never train here (see the room `faces`).
 */
const summary: Backbone<'faces'> = {
  about:
    'expressions, size and number of faces (BlazeFace, Bazarevsky et al. 2019; a network of expressions)',
  inputShape: () => [faceNumbers.length, 1, 1],
  write: (numbers, input) => input.set(numbers),
  written: `${faceNumbers.join(', ')}; each 0 … 1, all 0 where there is no face`,
  map: (x) => x,
};

/** The faces in frames: an optional stream, whose networks the user installs. */
export const face: Stream<'faces'> = {
  name: 'face',
  aliases: [],
  about: 'the faces in frames, and their expressions',
  takes: 'faces',
  backbones: { summary },
  trained: false,
};

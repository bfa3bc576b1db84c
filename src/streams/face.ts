import { faceNumbers } from '../faces/index.ts';
import { multiply, slice } from '../graph/index.ts';
import type { Backbone, Stream } from './stream.ts';

const presence = faceNumbers.indexOf('is there a face');

/**
 * The numbers as they are, times whether there is a face: the regression, which follows, learns what they say, and where
 * nobody is seen they add exactly nothing to its answer. They are made of the whole frame, whatever square of it the other
 * streams see, by networks that never train here (see the room `faces`).
 */
const summary: Backbone<'faces'> = {
  about:
    'expressions, size and number of faces (BlazeFace, Bazarevsky et al. 2019; a network of expressions)',
  inputShape: () => [faceNumbers.length, 1, 1],
  write: (numbers, input) => input.set(numbers),
  written: `${faceNumbers.join(', ')}; each 0 … 1, all 0 where there is no face`,
  map: (x) => multiply(x, slice(x, 1, presence, presence + 1)),
};

/** The faces in frames: an optional stream, whose networks the user installs. */
export const face: Stream<'faces'> = {
  name: 'face',
  aliases: [],
  about: 'the faces in frames, and their expressions',
  takes: 'faces',
  backbones: { summary },
  trained: false,
  joins: 'regression',
};

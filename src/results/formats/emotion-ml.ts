import { basename } from 'node:path';
import { type Affect, dimensions } from '../../affect/index.ts';
import { InputError } from '../../support/errors.ts';
import type { Format } from './format.ts';
import { plain, provenance } from './words.ts';
import { xml } from './xml.ts';

/**
 * EmotionML 1.0 (W3C Recommendation, 2014): the curve as traces, and each shot, on a vocabulary of valence and arousal
 * from 0 to 1; the film triggers the emotion, it does not express it.
 */
export const emotionMl: Format = {
  name: 'emotionml',
  about: 'EmotionML 1.0 (W3C): traces of valence and arousal from 0 to 1',
  endings: ['.emotionml.xml'],
  async write({ film }) {
    const { scale } = film.model;
    if (!scale)
      throw new InputError(
        `${film.file}: EmotionML has values from 0 to 1, and this model has no scale; give another format, or a trained model`,
      );
    const [low, high] = scale;
    const share = (value: number) => ((value - low) / (high - low)).toFixed(4);
    const uri = encodeURI(basename(film.file));
    const triggeredBy = (fragment = '') => ({ '@uri': uri + fragment, '@role': 'triggeredBy' });
    const valued = (affect: Affect) => dimensions.map((of) => ({ '@name': of, '@value': share(affect[of]) }));
    const traced = dimensions.map((of) => ({
      '@name': of,
      trace: {
        '@freq': `${1 / film.window.step}Hz`,
        '@samples': film.curve.map((point) => share(point[of])).join(' '),
      },
    }));
    const content = {
      emotionml: {
        '@xmlns': 'http://www.w3.org/2009/10/emotionml',
        '@version': '1.0',
        '@dimension-set': '#valence-arousal',
        info: { statement: { '@xmlns': '', '#text': plain(provenance(film)) } },
        vocabulary: {
          '@type': 'dimension',
          '@id': 'valence-arousal',
          item: dimensions.map((of) => ({ '@name': of })),
        },
        emotion: [
          { dimension: traced, reference: triggeredBy() },
          ...(film.shots ?? []).map((shot) => ({
            dimension: valued(shot),
            reference: triggeredBy(`#t=${shot.from.toFixed(3)},${shot.to.toFixed(3)}`),
          })),
        ],
      },
    };
    return [await xml(content)];
  },
};

/** What a film's form does to affect, in standard deviations of affect per standard deviation of the feature. */
export interface FilmEffect {
  readonly arousal: number;
  readonly valence: number;
}

/**
 * Effects within eight runs of Forrest Gump, each beside the others, 15 s smoothing, on the affect that its characters
 * show (Labs et al. 2015): loudness (linear amplitude) and change from frame to frame carry arousal; cuts beyond the
 * change they are, light, and music hardly do, and nothing carries valence by more than .15. `npm run bench --
 * forrest-gump` measures them anew; docs/real-films.md says what they are worth.
 */
export const filmEffects: Readonly<
  Record<'loudness' | 'change' | 'cuts' | 'light' | 'music' | 'score', FilmEffect>
> = {
  loudness: { arousal: 0.37, valence: -0.07 },
  change: { arousal: 0.24, valence: -0.04 },
  cuts: { arousal: -0.09, valence: -0.02 },
  light: { arousal: 0.03, valence: 0.05 },
  music: { arousal: -0.06, valence: 0.06 },
  score: { arousal: -0.16, valence: 0.15 },
};

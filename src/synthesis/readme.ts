import type { SynthesisOptions } from './plan.ts';

/** The note that lies in the folder of a synthetic data set. */
export function readmeOf({ films, clips, seed }: SynthesisOptions): string {
  return `# Synthetic films

Everything in this folder was computed: \`affectline dataset synthesize --films ${films} --clips ${clips} --seed ${seed}\`.
No picture was filmed, no sound was recorded and no person labelled anything. Files and columns follow the layout of
LIRIS-ACCEDE so that the same readers serve; nothing here is LIRIS-ACCEDE, and no result on it is one.

- The films show textures, shapes, camera motion and cuts; chords, beats and their timbre are composed.
- Arousal rises with motion, cuts, loudness, tempo, brightness of timbre and saturation; valence with light,
  saturation, consonance and major chords; motion counts for more in vivid pictures and intensifies what the light
  says. The directions follow published experiments, the sizes are assumptions (docs/synthetic-films.md).
- Each film has palette, pattern, contrast, grain, exposure, register and mastering of its own, and a small offset of
  affect that nothing in it explains.
- Labels come from simulated pairwise comparisons, ranks and a Gaussian process, with their errors. The sets are
  about 55% learning, 20% validation, 25% test, no film in two of them.
- \`synthetic-curves/\` holds the true valence and arousal of each film, once a second, on the scale 1 to 5.
`;
}

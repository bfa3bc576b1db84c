import type { SynthesisOptions } from './plan.ts';

const aboutFaces = `- In seven films of ten, two shots of three show a drawn face. The more it smiles, and the larger it is, the higher
  valence; below a level mouth it falls. Films without faces are as they would be in a set without any.
`;

/** The note that lies in the folder of a synthetic data set. */
export function readmeOf({ films, clips, seed, faces }: SynthesisOptions): string {
  return `# Synthetic films

Everything in this folder was computed: \`affectline dataset synthesize --films ${films} --clips ${clips} --seed ${seed}${faces ? ' --faces' : ''}\`.
No picture was filmed, no sound was recorded and no person labeled anything. Files and columns follow the layout of
LIRIS-ACCEDE so that the same readers serve; nothing here is LIRIS-ACCEDE, and no result on it is one.

- The films show textures, shapes, camera motion and cuts, at 10 to 60 frames a second, some with bars, grain and
  coarse coding; chords and beats are composed, voices speak no language, noise roars; some have no sound.
- Arousal rises with motion, loudness relative to the film's own, cuts, tempo, brightness of timbre and saturation, and
  falls a little with light; valence rises with consonance, major chords, saturation and a little with light, more so
  the more moves. The directions follow published experiments; where the sizes come from stands in
  docs/synthetic-films.md.
- Each film has palette, pattern, contrast, grain, exposure, register and mastering of its own, and a small offset of
  affect that nothing in it explains.
${faces ? aboutFaces : ''}- Labels come from simulated pairwise comparisons, ranks and a Gaussian process, with their errors. The sets are
  about 55% learning, 20% validation, 25% test, no film in two of them.
- \`synthetic-curves/\` holds the true valence and arousal of each film, once a second, on the scale 1 to 5.
`;
}

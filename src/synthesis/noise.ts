import { Random } from '../support/random.ts';
import { addTo, type Beat, envelope, lengthOf, release } from './tone.ts';

/** Adds a roar, a hiss or a rumble: noise whose upper frequencies fall off as the timbre says, swelling within the beat. */
export function addNoise(samples: Float32Array, beat: Beat, first: number): void {
  const random = Random.seeded(beat.seed);
  const openness = 0.02 + 0.9 * beat.factors.timbre ** 2;
  const length = lengthOf(beat);
  const swell = 0.4 * random.uniform();
  let smooth = 0;
  const noise = Float64Array.from({ length }, (_, i) => {
    smooth += openness * (random.normal() - smooth);
    return smooth * (1 + swell * Math.sin((Math.PI * i) / length)) * envelope(i, length, release);
  });
  const power = noise.reduce((sum, value) => sum + value * value, 0) / length;
  addTo(
    samples,
    noise.map((value) => (beat.gain / Math.sqrt(power)) * value),
    first,
  );
}

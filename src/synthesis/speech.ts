import { Random } from '../support/random.ts';
import { sampleRate } from '../support/sound.ts';
import { addTo, type Beat, lengthOf } from './tone.ts';

/** Formants of vowels, in Hz (after Peterson & Barney 1952, rounded). */
const vowels = [
  [270, 2290],
  [530, 1840],
  [730, 1090],
  [570, 840],
  [300, 870],
] as const;
/** Width of a formant, in Hz. */
const width = 130;

/** Adds something that speaks no language: syllables of a gliding voice, some with a hiss before them, and pauses. */
export function addSpeech(samples: Float32Array, beat: Beat, first: number): void {
  const random = Random.seeded(beat.seed);
  const voice = 90 * 2 ** ((beat.register - 43) / 12);
  const sum = new Float64Array(lengthOf(beat));
  let start = 0;
  while (start < sum.length) {
    const length = Math.min(sum.length - start, Math.round((0.12 + 0.14 * random.uniform()) * sampleRate));
    if (random.uniform() < 0.8) addSyllable(sum, start, length, voice, random);
    start += length + Math.round(0.04 * random.uniform() * sampleRate);
  }
  const power = sum.reduce((total, value) => total + value * value, 0) / sum.length;
  const gain = power > 0 ? beat.gain / Math.sqrt(power) : 0;
  addTo(
    samples,
    sum.map((value) => gain * value),
    first,
  );
}

function addSyllable(sum: Float64Array, start: number, length: number, voice: number, random: Random): void {
  const formants = vowels[random.integer(vowels.length)]!;
  const glide = 0.3 * (random.uniform() - 0.5);
  const pitch = voice * (0.85 + 0.4 * random.uniform());
  const hiss = random.uniform() < 0.4 ? Math.round(0.05 * sampleRate) : 0;
  const levels = Array.from({ length: 30 }, (_, k) => {
    const near = formants.map((formant) => Math.exp(-(((k + 1) * pitch - formant) ** 2) / (2 * width ** 2)));
    return near[0]! + 0.4 * near[1]! + 0.02 / (k + 1);
  });
  for (let i = 0; i < length; i++) {
    const time = i / sampleRate;
    const turns = pitch * (time + (glide * time * time * sampleRate) / (2 * length));
    // sin(kx) from the two before: sin(kx) = 2 cos(x) sin((k − 1)x) − sin((k − 2)x)
    const twice = 2 * Math.cos(2 * Math.PI * turns);
    let [before, sine, value] = [0, Math.sin(2 * Math.PI * turns), 0];
    for (const level of levels) {
      value += level * sine;
      [before, sine] = [sine, twice * sine - before];
    }
    if (i < hiss) value = 0.6 * (2 * random.uniform() - 1);
    sum[start + i]! += value * Math.sin((Math.PI * (i + 0.5)) / length);
  }
}

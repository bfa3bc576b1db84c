import { Random } from '../support/random.ts';
import { sampleRate } from '../support/sound.ts';
import { addSine, addTo, type Beat, envelope, highest, lengthOf } from './tone.ts';

const attack = 0.008;
/** Makes up for what decays within a beat. */
const strength = 1.4;
const partialCount = 14;
/** Steps of the roots of successive chords, in semitones. */
const progression = [0, 5, 7, 2, 9];

/** Adds a chord and the stroke that begins it. */
export function addChord(samples: Float32Array, beat: Beat, first: number): void {
  const random = Random.seeded(beat.seed);
  const { consonance, mode, timbre } = beat.factors;
  const root = beat.register + progression[random.integer(progression.length)]!;
  const third = random.uniform() < mode ? 4 : 3;
  const clash = 1 - consonance;
  const notes = [
    { pitch: root, level: 1 },
    { pitch: root + third, level: 0.8 },
    { pitch: root + 7, level: 0.8 },
    { pitch: root + 1, level: 0.9 * clash },
    { pitch: root + 6, level: 0.7 * clash },
    { pitch: root + third + 7 + 1, level: 0.7 * clash },
  ];
  const fall = 2.8 - 2 * timbre;
  const partials = notes.flatMap(({ pitch, level }) =>
    Array.from({ length: partialCount }, (_, k) => ({
      frequency: hertz(pitch) * (k + 1),
      level: level * (k + 1) ** -fall,
      phase: 2 * Math.PI * random.uniform(),
    })).filter((partial) => partial.frequency < highest && partial.level > 0.003),
  );
  const power = partials.reduce((sum, { level }) => sum + level ** 2 / 2, 0);
  const sum = new Float64Array(lengthOf(beat));
  for (const { frequency, level, phase } of partials)
    addSine(sum, frequency, level / Math.sqrt(power), phase);
  const depth = 0.8 * clash;
  const evened = 1 / Math.sqrt(1 + depth ** 2 / 2);
  const roughest = criticalBand(hertz(root)) / 4;
  let smooth = 0;
  const sounding = sum.map((value, i) => {
    const time = i / sampleRate;
    const decay = 0.45 + 0.75 * Math.exp(-time / 0.18);
    let stroke = 0;
    if (time < 0.1) {
      smooth += (0.1 + 0.6 * timbre) * (2 * random.uniform() - 1 - smooth);
      stroke = (1.5 * smooth * Math.exp(-time / 0.02)) / (0.3 + 0.5 * timbre);
    }
    const beating = evened * (1 + depth * Math.cos(2 * Math.PI * roughest * time));
    return strength * beat.gain * envelope(i, sum.length, attack) * (decay * beating * value + stroke);
  });
  addTo(samples, sounding, first);
}

function hertz(pitch: number): number {
  return 440 * 2 ** ((pitch - 69) / 12);
}

/** Width of the critical band around a frequency, in Hz (Zwicker & Terhardt 1980); a quarter of it beats roughest (Plomp & Levelt 1965). */
function criticalBand(frequency: number): number {
  return 25 + 75 * (1 + 1.4 * (frequency / 1000) ** 2) ** 0.69;
}

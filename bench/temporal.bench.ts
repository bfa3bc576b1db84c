// A head over time, and one with a GRU in place of its convolution (recurrent-head.ts), beside what they must be better
// than, on synthetic films with a true curve, each left out in turn with a fifth of them; and the GRU against the convolution,
// film by film. The features are the starter model's; the films have ten frames a second, so that motion costs little.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dimension, dimensions, mean } from '../src/affect/index.ts';
import { openAnalyzer } from '../src/analysis/node/index.ts';
import { formatTable, signFlipProbability } from '../src/evaluation/index.ts';
import {
  type HeadFinding,
  headTable,
  leaveFilmsOut,
  type RatedFilmSeconds,
  ratedSeconds,
  readingOfHeads,
} from '../src/experiment/index.ts';
import { writeFilm } from '../src/media/index.ts';
import { type CurveNetwork, smallTemporalHead, temporalNetwork } from '../src/networks/index.ts';
import { nodeRuntime } from '../src/runtime/node/index.ts';
import { describeMachine } from '../src/support/machine.ts';
import { planFilm, renderFilm } from '../src/synthesis/index.ts';
import { recurrentNetwork } from './recurrent-head.ts';

// the starter model's training set is seed 1
const [setSeed, count, seconds, frameRate] = [77, 24, 60, 10];
const seeds = [0, 1, 2];
const networks: Record<string, CurveNetwork> = {
  'convolution, 4 channels': temporalNetwork(smallTemporalHead),
  'GRU, 4 units each way': recurrentNetwork({ units: 4, causal: false }),
  'GRU, 8 units each way': recurrentNetwork({ units: 8, causal: false }),
  'convolution, 4 channels, causal': temporalNetwork({ ...smallTemporalHead, causal: true }),
  'GRU, 4 units, causal': recurrentNetwork({ units: 4, causal: true }),
};
/** Which convolution a GRU is set against. */
const rivals: Record<string, string> = {
  'GRU, 4 units each way': 'convolution, 4 channels',
  'GRU, 8 units each way': 'convolution, 4 channels',
  'GRU, 4 units, causal': 'convolution, 4 channels, causal',
};
/** Of each seed. */
const figuresOf = (runs: readonly HeadFinding[][], predictor: string, dimension: Dimension) =>
  runs.map((findings) => findings.find(({ name }) => name === predictor)!.figures[dimension]);

const folder = mkdtempSync(join(tmpdir(), 'affectline-temporal-'));
const analyzer = await openAnalyzer();
try {
  const films: RatedFilmSeconds[] = [];
  for (let i = 0; i < count; i++) {
    const planned = planFilm(setSeed, i, seconds);
    const film = { ...planned, style: { ...planned.style, frameRate } };
    const path = join(folder, `${i}.mp4`);
    await writeFilm(path, renderFilm(film));
    const times = Float64Array.from({ length: seconds + 1 }, (_, time) => time);
    const tracks = new Map(
      dimensions.map((dimension) => [
        dimension,
        { mean: times.map((time) => film.affectAt(time)[dimension]), raters: [] },
      ]),
    );
    const labels = { film: film.name, kind: 'intended', times, tracks, lag: 'none' } as const;
    films.push(await ratedSeconds(path, labels, { analyzer, cache: join(folder, 'seconds') }));
  }
  console.log(`${describeMachine()}; ${count} synthetic films of ${seconds} s`);
  const bySeed = new Map<string, HeadFinding[][]>();
  for (const [name, network] of Object.entries(networks)) {
    bySeed.set(name, []);
    for (const seed of seeds) {
      const { user, system } = process.cpuUsage();
      const runtime = nodeRuntime({ threads: 1 });
      const findings = await leaveFilmsOut(films, { network, seed, runtime });
      const used = process.cpuUsage({ user, system });
      const took = `${Math.round((used.user + used.system) / 1e6)} s of processor time for ten trainings`;
      console.log(`\n${formatTable(headTable(findings, `${name}, seed ${seed}, ${took}`), 'text')}`);
      console.log(readingOfHeads(findings).join('\n'));
      bySeed.get(name)!.push(findings);
    }
  }
  console.log(`\nmeans over ${seeds.length} seeds: of a film, CCC, r and MSE; of all seconds together, CCC`);
  for (const [name, runs] of bySeed)
    for (const { name: predictor } of runs[0]!) {
      const numbers = dimensions.flatMap((dimension) => {
        const own = figuresOf(runs, predictor, dimension);
        return [own.map(({ ccc }) => ccc.mean), own.map(({ r }) => r.mean), own.map(({ mse }) => mse.mean)]
          .concat([own.map(({ pooled }) => pooled.ccc)])
          .map((values) => mean(values).toFixed(3));
      });
      console.log(`${name.padEnd(32)}${predictor.padEnd(23)}${numbers.join(' ')}`);
    }
  for (const [name, convolution] of Object.entries(rivals))
    for (const loss of ['temporal, mse', 'temporal, ccc']) {
      const parts = dimensions.map((dimension) => {
        const [own, other] = [name, convolution].map((network) =>
          figuresOf(bySeed.get(network)!, loss, dimension),
        );
        const differences = films.map((_, film) =>
          mean(own!.map(({ films }, seed) => films[film]!.ccc - other![seed]!.films[film]!.ccc)),
        );
        const p = signFlipProbability(differences, 0);
        return `${dimension} ${mean(differences).toFixed(4)} (p ${p.toFixed(3)})`;
      });
      console.log(`${name} − ${convolution}, ${loss}, CCC of a film: ${parts.join(', ')}`);
    }
} finally {
  await analyzer.close();
  rmSync(folder, { recursive: true });
}

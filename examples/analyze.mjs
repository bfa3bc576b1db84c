// node examples/analyze.mjs FILM: the curve of a film, its strongest moment, and a picture beside the film.
import { writeFile } from 'node:fs/promises';
import { FilmStrip, InputError, openAnalyzer, toPicture } from 'affectline';

const [film = 'samples/sample.mp4', png = `${film}.png`] = process.argv.slice(2);
const analyzer = await openAnalyzer(); // the starter model; { model: 'runs/train/best' } takes one of yours
const strip = new FilmStrip();
try {
  const result = await analyzer.analyze(film, {
    onFrame: ({ time, picture }) => strip.add({ time, ...picture }),
  });
  const { clip, curve, model } = result;
  const strongest = curve.reduce((a, b) => (b.arousal > a.arousal ? b : a));
  console.log(
    `${film}: valence ${clip.valence.toFixed(2)}, arousal ${clip.arousal.toFixed(2)} (${model.name})`,
  );
  console.log(`most exciting at ${strongest.time} s: arousal ${strongest.arousal.toFixed(2)}`);
  for (const sentence of [...result.warnings, ...result.unknown.map(({ reason }) => reason)])
    console.log(`know: ${sentence}`);
  await writeFile(png, await toPicture(result, strip));
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  await analyzer.close();
}

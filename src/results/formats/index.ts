import { toPicture } from '../picture.ts';
import { toCsv } from '../table.ts';
import { toJsonLine } from '../text.ts';
import { chapters } from './chapters.ts';
import { cmx3600, resolveMarkers } from './edit-lists.ts';
import { elan } from './elan.ts';
import { emotionMl } from './emotion-ml.ts';
import type { Format } from './format.ts';
import { otio } from './otio.ts';
import { parquet } from './parquet.ts';
import { subRip, webVtt } from './subtitles.ts';

export type { Format, Written } from './format.ts';

/** Every way to hand an answer over, the usual three first. */
export const formats: readonly Format[] = [
  {
    name: 'json',
    about: 'the whole answer, for programs',
    endings: ['.json'],
    write: ({ film }) => [toJsonLine(film)],
  },
  {
    name: 'csv',
    about: 'the curve as a table, a row a second',
    endings: ['.csv'],
    write: ({ film }) => [toCsv(film)],
  },
  {
    name: 'png',
    about: 'a picture of the curves, with stills of the film',
    endings: ['.png'],
    write: async ({ film, strip }) => [await toPicture(film, strip)],
  },
  parquet,
  webVtt,
  subRip,
  elan,
  emotionMl,
  otio,
  cmx3600,
  resolveMarkers,
  chapters,
];

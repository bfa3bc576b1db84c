// Films of many containers and codecs, made by ffmpeg and from Debian's packages: both decoders against ffmpeg itself.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine } from '../src/support/machine.ts';
import { compareWithFfmpeg, damagedFilms, madeFilms, packagedFilms, shareDecoded } from './media-corpus.ts';

const folder = mkdtempSync(join(tmpdir(), 'affectline-corpus-'));
try {
  const films = [...madeFilms(folder), ...packagedFilms()];
  const pairs = new Set(films.map(({ pair }) => pair));
  const rows = [];
  for (const decoder of ['node-av', 'ffmpeg'] as const) {
    const exceptions: string[] = [];
    let flagged = 0;
    for (const film of films) {
      const { differences, coverage } = await compareWithFfmpeg(film.path, decoder);
      if (differences.length > 0) exceptions.push(`${film.pair} ${film.name}: ${differences.join('; ')}`);
      if (coverage < 0.98) flagged++;
    }
    for (const exception of exceptions) console.log(`${decoder}: ${exception}`);
    let unflagged = 0;
    let damaged = 0;
    for (const path of damagedFilms(films, folder)) {
      damaged++;
      const share = await shareDecoded(path, decoder);
      if (share === 1) {
        unflagged++;
        console.log(`${decoder}: not flagged: ${path.slice(folder.length + 1)}`);
      }
    }
    rows.push({
      decoder,
      files: films.length,
      pairs: pairs.size,
      agree: `${((100 * (films.length - exceptions.length)) / films.length).toFixed(1)} %`,
      'whole flagged': flagged,
      damaged,
      'damaged not flagged': unflagged,
    });
  }
  console.log(describeMachine());
  console.table(rows);
} finally {
  rmSync(folder, { recursive: true });
}

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Film } from '../clip.ts';
import type { Problems } from '../problems.ts';
import { Row } from '../table.ts';

/** Where a clip was cut from; frames of the source film. */
export interface ClipDescription {
  readonly movie: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

/** `ACCEDEdescription.xml`, by the clip's name. */
export function readDescription(
  text: string,
  file: string,
  problems: Problems,
): Map<string, ClipDescription> {
  const clips = new Map<string, ClipDescription>();
  for (const { row, field } of readMedia(text, file, problems)) {
    const name = row.fileName('name', field('name'));
    const movie = row.fileName('movie', field('movie'));
    row.integer('id', field('id'), 0, 1e9);
    const start = row.integer('start', field('start'), 0, 1e9);
    const end = row.integer('end', field('end'), 0, 1e9);
    if (!row.failed && end <= start) row.fail(`end ${end} does not lie after start ${start}`);
    if (!row.failed && clips.has(name)) row.fail(`${name} is given twice`);
    if (!row.failed) clips.set(name, { movie, start, end, line: row.line });
  }
  return clips;
}

/** `ACCEDEmovies.xml`. */
export function readMovies(text: string, file: string, problems: Problems): Film[] {
  const films: Film[] = [];
  for (const { row, field } of readMedia(text, file, problems)) {
    const name = row.fileName('movie', field('movie'));
    const length = seconds(row, field('length'));
    if (row.failed) continue;
    const film: { -readonly [key in keyof Film]: Film[key] } = {
      name: name.replace(/\.[A-Za-z0-9]{1,4}$/, ''),
    };
    for (const key of ['title', 'genre', 'language'] as const) {
      const value = field(key);
      if (value) film[key] = value;
    }
    if (length !== undefined) film.length = length;
    films.push(film);
  }
  return films;
}

function seconds(row: Row, text: string | undefined): number | undefined {
  if (!text) return undefined;
  const match = /^(\d{1,3}):(\d{2}):(\d{2})$/.exec(text);
  if (!match) row.fail(`length '${text}': hours:minutes:seconds expected`);
  return match ? Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]) : undefined;
}

interface Media {
  row: Row;
  field(name: string): string | undefined;
}

/** Every `<media>` element under the root, whatever the root is called. Entities that a file defines are not followed. */
function readMedia(text: string, file: string, problems: Problems): Media[] {
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    problems.add(file, valid.err.line, `is not well-formed XML: ${valid.err.msg}`);
    return [];
  }
  const parser = new XMLParser({
    ignoreAttributes: true,
    parseTagValue: false,
    processEntities: false,
    captureMetaData: true,
    isArray: (name) => name === 'media',
  });
  const position = XMLParser.getMetaDataSymbol() as unknown as symbol;
  let document: Record<string, unknown>;
  try {
    document = parser.parse(text);
  } catch (error) {
    // some faults pass the validator, as a processing instruction that is never closed
    problems.add(file, undefined, `is not well-formed XML: ${(error as Error).message}`);
    return [];
  }
  const root = Object.values(document).find(
    (value): value is { media: unknown[] } => typeof value === 'object' && value !== null && 'media' in value,
  );
  if (!root) {
    problems.add(file, undefined, 'holds no <media> element');
    return [];
  }
  const lineAt = lineCounter(text);
  return root.media.map((media) => {
    const fields = typeof media === 'object' && media !== null ? (media as Record<PropertyKey, unknown>) : {};
    const { startIndex } = (fields[position] ?? {}) as { startIndex?: number };
    const row = new Row(file, lineAt(startIndex ?? 0), problems);
    return {
      row,
      field: (name) => {
        const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
        return typeof value === 'string' ? withoutEntities(value) : undefined;
      },
    };
  });
}

/** Which line a place in the text is on; asked for growing places, so that the text is walked once. */
function lineCounter(text: string): (index: number) => number {
  let line = 1;
  let end = text.indexOf('\n');
  return (index) => {
    while (end >= 0 && end < index) {
      line++;
      end = text.indexOf('\n', end + 1);
    }
    return line;
  };
}

const predefined: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** XML's five predefined entities, which titles contain. */
function withoutEntities(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => predefined[name]!);
}

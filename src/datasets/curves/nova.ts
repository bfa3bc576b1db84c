// Traces of NOVA: one scheme, one annotator, a file of values and one that describes it.
// Baur, Heimerl, Lingenfelser, Wagner, Valstar, Schuller & André, "eXplainable Cooperative Machine Learning with NOVA",
// KI – Künstliche Intelligenz 2020; the layout is that of its documentation, section "File Format".
import { basename, dirname } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';
import { grouped } from '../../support/grouped.ts';
import type { ScoreRange } from '../clip.ts';
import type { Folder } from '../folder.ts';
import type { Problems } from '../problems.ts';
import { linesOf, Row } from '../table.ts';
import { hasTooManyLines, tooManyLines } from '../text.ts';
import { type CurveFormat, type CurveLabels, longestTimes, type Trace, trackOf } from './curve-labels.ts';

const header = z.object({
  annotation: z.object({
    info: z.object({ ftype: z.enum(['ASCII', 'BINARY']), size: z.coerce.number().int().nonnegative() }),
    meta: z.object({ role: z.string().optional(), annotator: z.string().optional() }).optional(),
    scheme: z.object({ name: z.string().min(1), type: z.string() }).loose(),
  }),
});
const continuous = z.object({
  sr: z.coerce.number().positive().max(100_000),
  min: z.coerce.number(),
  max: z.coerce.number(),
});

interface NovaTrace {
  readonly dimension: string;
  readonly trace: Trace;
  readonly scale: ScoreRange;
}

/**
 * `role.scheme.annotator.annotation` (XML) with its values in `….annotation~`, as text (`value;confidence` a line) or as
 * pairs of float32; a value for each 1/sr seconds, `nan` where nobody rated. The folder of a session is the film, its
 * annotators are the raters of a scheme, and schemes that are not continuous are passed over. NOVA annotates what the
 * people in a film show, so the affect is *depicted*.
 */
export const nova: CurveFormat = {
  name: 'nova',
  description: 'NOVA traces (role.scheme.annotator.annotation with its .annotation~)',
  files: (folder) => folder.matching(/\.annotation$/i),
  read: (folder, files, problems) =>
    [...grouped(files, dirname)].flatMap(([session, members]): CurveLabels[] => {
      const read = members.flatMap((file) => novaTrace(folder, file, problems) ?? []);
      if (read.length === 0) return [];
      const times = longestTimes(read.map(({ trace }) => trace));
      const [{ scale }, ...others] = read as [NovaTrace, ...NovaTrace[]];
      const isOneScale = others.every(
        (other) => other.scale.lowest === scale.lowest && other.scale.highest === scale.highest,
      );
      return [
        {
          film: basename(session === '.' ? folder.root : session),
          kind: 'depicted',
          times,
          tracks: new Map(
            [...grouped(read, ({ dimension }) => dimension)].map(([dimension, of]) => [
              dimension,
              trackOf(
                of.map(({ trace }) => trace),
                times,
              ),
            ]),
          ),
          ...(isOneScale && { scale }),
          lag: 'as rated',
        },
      ];
    }),
};

function novaTrace(folder: Folder, file: string, problems: Problems): NovaTrace | undefined {
  const described = headerOf(folder.text(file));
  if (typeof described === 'string') {
    problems.add(file, undefined, described);
    return undefined;
  }
  const { info, meta, scheme } = described;
  if (scheme.type.toUpperCase() !== 'CONTINUOUS') return undefined;
  const { data: sampling } = continuous.safeParse(scheme);
  if (!sampling || !(sampling.min < sampling.max)) {
    problems.add(file, undefined, 'a continuous scheme with sr above 0 and min below max expected');
    return undefined;
  }
  const values = valuesOf(folder, `${file}~`, info, problems);
  if (!values) return undefined;
  const name = [meta?.annotator || basename(file).split('.').at(-2)!, meta?.role]
    .filter(Boolean)
    .join(' of ');
  return {
    dimension: scheme.name.toLowerCase(),
    trace: { name, times: values.map((_, i) => i / sampling.sr), values },
    scale: { lowest: sampling.min, highest: sampling.max },
  };
}

/** @returns what it says, or what is wrong with it. */
function headerOf(text: string): z.infer<typeof header>['annotation'] | string {
  const valid = XMLValidator.validate(text);
  if (valid !== true) return `is not well-formed XML: ${valid.err.msg}`;
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    processEntities: false,
  });
  try {
    return header.parse(parser.parse(text)).annotation;
  } catch {
    return '<annotation> with <info ftype size> and <scheme name type> expected';
  }
}

function valuesOf(
  folder: Folder,
  file: string,
  { ftype, size }: { ftype: 'ASCII' | 'BINARY'; size: number },
  problems: Problems,
): Float64Array | undefined {
  if (!folder.hasEntry(file)) {
    problems.add(file, undefined, 'is missing; it holds the values');
    return undefined;
  }
  const before = problems.count;
  const values =
    ftype === 'BINARY' ? pairsOf(folder.bytes(file)) : linesValues(folder.text(file), file, problems);
  if (problems.count === before && (values.length === 0 || values.length !== size))
    problems.add(file, undefined, `${values.length} values; ${size} expected, as its header says`);
  return problems.count > before ? undefined : values;
}

/** Score and confidence as float32, little-endian, one pair after the other. */
function pairsOf(bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) => {
    const value = view.getFloat32(8 * i, true);
    return Number.isFinite(value) ? value : Number.NaN;
  });
}

function linesValues(text: string, file: string, problems: Problems): Float64Array {
  if (hasTooManyLines(text)) {
    problems.add(file, undefined, tooManyLines);
    return new Float64Array();
  }
  return Float64Array.from(linesOf(text), ({ number, text: line }) => {
    const [value] = line.split(';');
    if (/^\s*[+-]?nan(\([^)]*\))?\s*$/i.test(value!)) return Number.NaN;
    return new Row(file, number, problems, true).number('value', value);
  });
}

import { basename, extname } from 'node:path';
import { dimensions, extentOf, type FilmAffect } from '../../affect/index.ts';
import { toCsv } from '../table.ts';
import type { Format } from './format.ts';
import { feltStretches } from './stretches.ts';
import { plain, provenance, valuesText } from './words.ts';
import { xml } from './xml.ts';

const mimeTypes: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/quicktime',
  '.mpg': 'video/mpeg',
  '.mpeg': 'video/mpeg',
  '.avi': 'video/x-msvideo',
  '.wav': 'audio/x-wav',
};
const colors = { valence: '0,128,96', arousal: '192,64,32' } as const;

/** Milliseconds, in which ELAN counts. */
const milliseconds = (seconds: number) => Math.round(1000 * seconds);

interface Tier {
  name: string;
  annotations: { from: number; to: number; text: string }[];
}

/**
 * ELAN (Max Planck Institute for Psycholinguistics): an annotation document with shots and stretches of one feeling, and
 * the curve as a linked time series, which ELAN finds by the names of the other two files.
 */
export const elan: Format = {
  name: 'elan',
  about: 'ELAN: shots and stretches as annotations, the curve as a linked time series',
  endings: ['.eaf', '_tsconf.xml', '.timeseries.csv'],
  async write({ film, name }) {
    const series = `${name}.timeseries.csv`;
    return [await documentOf(film, name, series), await configurationOf(film, series), toCsv(film)];
  },
};

function documentOf(film: FilmAffect, name: string, series: string): Promise<string> {
  const tiers = tiersOf(film);
  const times = tiers.flatMap(({ annotations }) => annotations.flatMap(({ from, to }) => [from, to]));
  // in order of time, and each annotation with slots of its own
  const slots = times
    .map((time, index) => ({ time, index }))
    .sort((a, b) => a.time - b.time || a.index - b.index);
  const slotOf = new Map(slots.map(({ index }, place) => [index, `ts${place + 1}`]));
  let next = 0;
  let annotation = 0;
  const file = basename(film.file);
  const linked = (link: string, type: string) => ({
    '@LINK_URL': link,
    '@RELATIVE_LINK_URL': `./${link}`,
    '@MIME_TYPE': type,
    '@TIME_ORIGIN': 0,
  });
  return xml({
    ANNOTATION_DOCUMENT: {
      '@AUTHOR': 'affectline',
      '@DATE': new Date().toISOString(),
      '@FORMAT': '3.0',
      '@VERSION': '3.0',
      '@xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
      '@xsi:noNamespaceSchemaLocation': 'http://www.mpi.nl/tools/elan/EAFv3.0.xsd',
      HEADER: {
        '@MEDIA_FILE': '',
        '@TIME_UNITS': 'milliseconds',
        MEDIA_DESCRIPTOR: {
          '@MEDIA_URL': encodeURI(file),
          '@RELATIVE_MEDIA_URL': `./${encodeURI(file)}`,
          '@MIME_TYPE': mimeTypes[extname(file).toLowerCase()] ?? 'unknown',
        },
        LINKED_FILE_DESCRIPTOR: [
          linked(encodeURI(`${name}_tsconf.xml`), 'text/xml'),
          linked(encodeURI(series), 'unknown'),
        ],
        PROPERTY: [
          { '@NAME': 'statement', '#text': plain(provenance(film)) },
          { '@NAME': 'lastUsedAnnotationId', '#text': times.length / 2 },
        ],
      },
      TIME_ORDER: {
        TIME_SLOT: slots.map(({ time }, place) => ({
          '@TIME_SLOT_ID': `ts${place + 1}`,
          '@TIME_VALUE': time,
        })),
      },
      TIER: tiers.map(({ name, annotations }) => ({
        '@LINGUISTIC_TYPE_REF': 'default-lt',
        '@TIER_ID': name,
        ANNOTATION: annotations.map(({ text }) => ({
          ALIGNABLE_ANNOTATION: {
            '@ANNOTATION_ID': `a${++annotation}`,
            '@TIME_SLOT_REF1': slotOf.get(next++),
            '@TIME_SLOT_REF2': slotOf.get(next++),
            ANNOTATION_VALUE: text,
          },
        })),
      })),
      LINGUISTIC_TYPE: {
        '@GRAPHIC_REFERENCES': 'false',
        '@LINGUISTIC_TYPE_ID': 'default-lt',
        '@TIME_ALIGNABLE': 'true',
      },
    },
  });
}

function tiersOf(film: FilmAffect): Tier[] {
  const feelings = feltStretches(film).map(({ from, to, feeling, affect }) => ({
    ...{ from: milliseconds(from), to: milliseconds(to) },
    text: `${feeling} (${valuesText(affect, film)})`,
  }));
  const shots = (film.shots ?? []).map((shot) => ({
    ...{ from: milliseconds(shot.from), to: milliseconds(shot.to) },
    text: valuesText(shot, film),
  }));
  return [
    { name: 'elicited affect', annotations: feelings },
    ...(film.shots ? [{ name: 'shots', annotations: shots }] : []),
  ];
}

/** How ELAN is to read the time series: times in seconds in the first column, then valence and arousal. */
function configurationOf({ model: { scale }, curve }: FilmAffect, series: string): Promise<string> {
  return xml({
    timeseries: {
      '@date': new Date().toISOString(),
      '@version': '1.0',
      tracksource: {
        '@sample-type': 'Continuous Rate',
        '@source-url': encodeURI(series),
        '@time-column': 0,
        property: {
          '@key': 'provider',
          '@value': 'mpi.eudico.client.annotator.timeseries.csv.CSVServiceProvider',
        },
        track: dimensions.map((of, index) => {
          const values = curve.map((point) => point[of]);
          const [min, max] = scale ?? extentOf(values);
          return {
            '@derivative': 0,
            '@name': of,
            property: { '@key': 'detect-range', '@value': 'false' },
            'sample-position': { pos: { '@col': 1 + index, '@row': 0 } },
            description: 'elicited affect',
            units: '',
            range: { '@max': max, '@min': min },
            color: colors[of],
          };
        }),
      },
    },
  });
}

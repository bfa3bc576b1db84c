import { elicited } from '../affect/index.ts';
import type { ModelFile } from './description.ts';

/**
 * A model's card, the `README.md` of its folder, in Markdown: what it is, what was measured of it, and what it is not for.
 *
 * @param measured sections that begin with a heading of the second level; none where nothing was measured.
 */
export function cardText(
  { name, trained, synthetic, scale, network, head, preprocessing, calibration }: ModelFile,
  measured: readonly string[] = [],
): string {
  const { preset, streams, fusion, fusionConvolution } = network;
  const overTime = fusionConvolution === 'space-time' ? ' over space and time' : '';
  const interval = calibration?.intervals;
  const { valence, arousal } = interval?.margins ?? {};
  const rows = [
    [
      'network',
      `Kim & Lee 2018, preset ${preset}, streams ${streams.join(', ')}, fusion of ${fusion}${overTime}`,
    ],
    ...(head
      ? [
          [
            'head',
            `over time, ${head.causal ? 'of a second and those before it' : 'of the seconds around each'}`,
          ],
        ]
      : []),
    ['trained on', trained],
    ['scale', scale.join(' … ')],
    ['frames', `shorter side of ${preprocessing.shortSide}, black bars ${preprocessing.bars}`],
    interval
      ? [
          `${100 * interval.confidence}% interval`,
          `± ${valence?.toFixed(2)} valence, ± ${arousal?.toFixed(2)} arousal (${interval.method})`,
        ]
      : ['interval', 'not calibrated'],
  ];
  return [
    `# ${name}\n`,
    `Reads a video and says how it makes people feel: valence and arousal. The numbers are **${elicited.kind}** affect: ${elicited.statement}.\n`,
    ...(synthetic
      ? [
          'It was trained on **synthetic films** only (rendered, not filmed): for a real film its numbers are a first guess.\n',
        ]
      : []),
    `| what | |\n| --- | --- |\n${rows.map(([key, value]) => `| ${key} | ${value?.replaceAll('|', '\\|')} |`).join('\n')}\n`,
    '`model.json` (in the layout of Hugging Face `config.json`) holds all that is done to a film before the network; `model.safetensors` holds the weights.\n',
    '```sh\naffectline analyze film.mp4 --model FOLDER   # or hf:OWNER/NAME\n```\n',
    ...(measured.length > 0 ? measured : ['Nothing else was measured of it.\n']),
    `## What it is not for\n`,
    'It tells what viewers like those who labeled its films are expected to feel, in the mean: nothing about a single person, nothing about what the people in a film feel or show, and nothing about films unlike those it was trained on. Do not decide about people by it.\n',
  ].join('\n');
}

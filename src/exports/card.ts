import { stringify } from 'yaml';
import { elicited } from '../affect/index.ts';
import type { ModelFile } from '../models/index.ts';

/** What every card of ours begins with: what the hub finds models by. */
const metadata = {
  library_name: 'affectline',
  pipeline_tag: 'video-classification',
  tags: ['affect', 'emotion', 'valence', 'arousal', 'video', 'regression', 'safetensors'],
};

/**
 * The `README.md` of a model in the layout of Hugging Face: metadata as front matter, then the model's own card, or what
 * its description says.
 *
 * @param own the card in its folder; with front matter of its own it stays as it is.
 */
export function modelCard(file: ModelFile, own?: string): string {
  if (own?.startsWith('---\n')) return own;
  return `---\n${stringify(metadata)}---\n\n${own ?? cardOf(file)}`;
}

function cardOf({ name, trained, synthetic, scale, network, preprocessing, calibration }: ModelFile): string {
  const { preset, streams, fusion } = network;
  const interval = calibration?.intervals;
  const { valence, arousal } = interval?.margins ?? {};
  const rows = [
    ['network', `Kim & Lee 2018, preset ${preset}, streams ${streams.join(', ')}, fusion of ${fusion}`],
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
  return `# ${name}

Reads a video and says how it makes people feel: valence and arousal. The numbers are **${elicited.kind}** affect: ${elicited.statement}.${
    synthetic
      ? '\n\nIt was trained on **synthetic films** only (rendered, not filmed): for a real film its numbers are a first guess.'
      : ''
  }

| what | |
| --- | --- |
${rows.map(([key, value]) => `| ${key} | ${value?.replaceAll('|', '\\|')} |`).join('\n')}

\`config.json\` holds all that is done to a film before the network; \`model.safetensors\` holds the weights.

\`\`\`sh
affectline analyze film.mp4 --model hf:OWNER/NAME   # or --model FOLDER
\`\`\`

Nothing else was measured of it here. Do not draw conclusions about single people from it.
`;
}

import { stringify } from 'yaml';
import { cardText, type ModelFile } from '../models/index.ts';

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
  return `---\n${stringify(metadata)}---\n\n${own ?? cardText(file)}`;
}

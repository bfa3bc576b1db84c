// A thread of pretrain.mjs: renders sounds, or pictures, of its share of the films and writes them as prepared clips.
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import sharp from 'sharp';
import { encodePicture, writeClipFile } from '../dist/clips/index.js';
import { picturesOfFilm, soundsOfFilm } from '../dist/synthesis/index.js';

const { takes, shortSide, folder, setSeed, first, films, every } = workerData;
const nothing = new Uint8Array(0);

/** What is prepared of a clip that is only heard: it has a size, but no pictures. */
async function heard({ waveform, seconds }) {
  return { duration: seconds, width: shortSide, height: shortSide, segments: [], waveform };
}

/** Of one that is only seen, for a moment; scaled as films are. */
async function seen({ rgb, width, height }) {
  const size = { width: 2 * Math.round((width * shortSide) / height / 2), height: shortSide };
  const scaled = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize({ ...size, fit: 'fill', kernel: 'cubic' })
    .raw()
    .toBuffer();
  const picture = await encodePicture({ rgb: scaled, ...size });
  const segment = { time: 0, shot: 1, picture, flow: nothing, flowCount: 0 };
  return { duration: 0.4, ...size, segments: [segment], waveform: new Float32Array(0) };
}

const [render, prepared] = takes === 'waveform' ? [soundsOfFilm, heard] : [picturesOfFilm, seen];
for (let film = first; film < films; film += every) {
  const labels = [];
  for (const [i, part] of render(setSeed, film).entries()) {
    const name = `${film}-${i}.clip`;
    const clip = { ...(await prepared(part)), handcrafted: [], loudness: null };
    await writeClipFile(join(folder, name), clip);
    labels.push({ film, name, valence: part.valence, arousal: part.arousal });
  }
  parentPort.postMessage(labels);
}

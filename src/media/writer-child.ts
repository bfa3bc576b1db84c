/*
 * The encoding child: `node writer-child.js FORMAT`, messages on stdin (see writer.ts). What goes wrong is said on
 * stderr, with exit code 1.
 */
import { ByteReader } from './messages.ts';
import { end, type FilmFormat, picture } from './writer.ts';

async function main(format: FilmFormat): Promise<void> {
  const { FilmEncoder } = await import('./node-av-encoding.ts').catch((error: Error) => {
    throw new Error(`films are written by node-av, which cannot be loaded (${error.message})`);
  });
  const film = new FilmEncoder(format);
  const messages = new ByteReader(process.stdin);
  for (;;) {
    const head = await messages.take(5);
    const bytes = head && (await messages.take(Buffer.from(head.buffer).readUInt32LE(1)));
    if (!bytes) throw new Error('the film broke off');
    if (head[0] === end) return film.end();
    if (head[0] === picture) film.picture(Buffer.from(bytes.buffer));
    else film.sound(Buffer.from(bytes.buffer));
  }
}

try {
  await main(JSON.parse(process.argv[2]!));
  process.exit(0);
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error), () => process.exit(1));
}

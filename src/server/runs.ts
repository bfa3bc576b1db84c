import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from './context.ts';
import { json, problems } from './schemas.ts';
import type { RunCard } from './types.ts';

/** How deep below the folder runs are looked for, and how many are shown. */
const depth = 3;
const mostRuns = 200;
/** Of a file: 4,000 epochs. */
const mostBytes = 2 ** 20;

const epoch = z.object({
  ...{ epoch: z.number(), trainLoss: z.number(), valenceError: z.number(), arousalError: z.number() },
  ...{ valenceR: z.number(), arousalR: z.number(), validationError: z.number() },
});
const run: z.ZodType<RunCard> = z.object({ name: z.string(), epochs: z.array(epoch) }).openapi('Run');
const reports = z.array(z.object({ name: z.string(), text: z.string() }));

/** Trainings and reports of experiments in one folder, which is only read; no route takes a name of it. */
export function runRoutes(app: OpenAPIHono, { runs: folder }: Context): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/runs',
      responses: {
        200: json(
          z.object({ runs: z.array(run), reports }),
          'trainings with their epochs, and reports of experiments in Markdown; none without --runs',
        ),
        ...problems,
      },
    }),
    async (context) => {
      const files = folder === undefined ? [] : await filesIn(folder, depth);
      const named = async (name: string) => {
        const found: { name: string; text: string }[] = [];
        for (const file of files.filter((path) => path.endsWith(sep + name)).slice(0, mostRuns)) {
          const own = relative(folder!, file).split(sep).slice(0, -1).join('/');
          found.push({ name: own, text: await readFile(file, 'utf8') });
        }
        return found;
      };
      const runs = (await named('metrics.jsonl')).map(({ name, text }) => ({ name, epochs: epochsOf(text) }));
      return context.json({ runs, reports: await named('report.md') }, 200);
    },
  );
}

/** Plain files of a bounded size, links left alone, by name. */
async function filesIn(folder: string, below: number): Promise<string[]> {
  const files: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && below > 0) files.push(...(await filesIn(path, below - 1)));
    else if (entry.isFile() && ['metrics.jsonl', 'report.md'].includes(entry.name))
      if ((await lstat(path)).size <= mostBytes) files.push(path);
  }
  return files;
}

/** Lines that are no epochs are left out: a training may be writing, or of another version. */
function epochsOf(text: string): RunCard['epochs'] {
  return text.split('\n').flatMap((line) => {
    try {
      return [epoch.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

// 300 jobs of 0.1 to 0.4 s, three workers on PostgreSQL, one killed in mid-job three times over (and started again);
// goals: 300 of 300 results, none lost, none doubled, each job of a killed worker taken over within 20 s.
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { openJobs } from '../src/jobs/index.ts';
import { openLibrary } from '../src/library/index.ts';
import { PostgresqlServer } from '../src/library/postgresql-fixture.ts';
import { describeMachine } from '../src/support/machine.ts';

const count = 300;
const server = new PostgresqlServer();
const workers: ChildProcess[] = [];
try {
  await server.start();
  const database = await server.createDatabase();
  const library = await openLibrary({ database });
  const queue = await openJobs(library);
  await library.database.query('create table written (n int)');
  for (let n = 0; n < count; n++) await queue.add({ name: 'write' }, { n }, `${n}`);
  const begun = performance.now();
  workers.push(...[1, 2, 3].map(() => startWorker(database)));
  let kills = 0;
  while ((await queue.pending()) > 0) {
    await sleep(200);
    const victim = workers[0]!;
    const busy = (await queue.list()).some(
      ({ state, worker }) => state === 'running' && worker?.startsWith(`${victim.pid}@`),
    );
    if (kills === 3 || !busy) continue;
    victim.kill('SIGKILL');
    kills++;
    workers[0] = startWorker(database);
  }
  const seconds = (performance.now() - begun) / 1000;
  const query = <Row>(sql: string) => library.database.query<Row>(sql);
  const [rows] = await query<{ all: number; distinct: number }>(
    'select count(*)::int as all, count(distinct n)::int as distinct from written',
  );
  const again = await query<{ seconds: number }>(
    `select extract(epoch from max(begun) - min(begun))::float8 as seconds
     from affectline.job_run group by job having count(*) > 1`,
  );
  console.log(
    `${describeMachine()}; ${count} jobs, 3 workers, one killed ${kills} times, ${seconds.toFixed(0)} s`,
  );
  console.log(
    `results ${rows!.distinct} of ${count}, lost ${count - rows!.distinct}, doubled ${rows!.all - rows!.distinct}`,
  );
  console.log(
    `jobs begun again ${again.length}, after ${again.map(({ seconds }) => seconds.toFixed(1)).join(', ')} s; goal ≤ 20 s`,
  );
  await queue.close();
  await library.close();
} finally {
  for (const worker of workers) worker.kill('SIGKILL');
  await server.remove();
}

function startWorker(database: string): ChildProcess {
  const room = (name: string) => JSON.stringify(new URL(`../dist/${name}/index.js`, import.meta.url).href);
  const program = `
    const { openLibrary } = await import(${room('library')});
    const { openJobs, work } = await import(${room('jobs')});
    const queue = await openJobs(await openLibrary({ database: ${JSON.stringify(database)} }));
    await work(queue, { name: 'write', run: async ({ n }) => {
      await new Promise((resolve) => setTimeout(resolve, 100 + 30 * (n % 11)));
      return async (queries) => { await queries.query('insert into written values ($1)', [n]); };
    } });`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
